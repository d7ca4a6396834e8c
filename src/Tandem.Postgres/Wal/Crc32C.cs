using System.Buffers.Binary;
using System.Numerics;

namespace Tandem.Postgres.Wal;

/// <summary>CRC-32C as PostgreSQL computes it over WAL records.</summary>
internal static class Crc32C
{
    public const uint Initial = 0xFFFFFFFF;

    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    public static uint Finish(uint crc) => crc ^ 0xFFFFFFFF;
}
