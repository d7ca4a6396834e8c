using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Protocol.Records;

/// <summary>
/// A letter's text form: one line without blanks, <c>tandem-letter.1.BODY.SEAL</c>. BODY is compressed JSON, SEAL what catches a paste that was cut off or changed: a checksum, or with a key of both
/// sites (<c>spec.letters.keySecret</c>) a signature, which nobody can make who does not have it. Nothing in it is secret.
/// </summary>
public static class PairLetterCodec
{
    /// <summary>Version and kind of the seal: a letter that is signed is not read as one that is not, nor the other way round.</summary>
    private const string Checked = "tandem-letter.1.";
    private const string Signed = "tandem-letter.1s.";
    private const string Any = "tandem-letter.";

    private const int SealBytes = 16;

    /// <summary>Of what it unfolds to: far above what a record can hold, far below what would harm.</summary>
    private const int MaximumBytes = 256 * 1024;

    /// <param name="key">Null: a checksum alone.</param>
    public static string Encode(PairLetter letter, byte[]? key = null)
    {
        using var record = JsonDocument.Parse(PairRecordCodec.Encode(letter.Record));
        var json = JsonSerializer.SerializeToUtf8Bytes(new PairLetterDocument(letter.Pair, letter.Site, record.RootElement), PairLetterJson.Default.PairLetterDocument);
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize)) deflate.Write(json);
        var text = (key is null ? Checked : Signed) + Base64Url.EncodeToString(packed.ToArray());
        return $"{text}.{Seal(text, key)}";
    }

    /// <exception cref="FormatException">It is no letter, or not a whole one; says what is wrong with it and what to do.</exception>
    public static PairLetter Decode(string text, byte[]? key = null)
    {
        // Folded by a mail program or a YAML block on its way.
        var whole = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (!whole.StartsWith(Any, StringComparison.Ordinal)) throw new FormatException($"is no letter: it does not begin with {Any}; copy the whole of status.letter");
        var expected = key is null ? Checked : Signed;
        if (!whole.StartsWith(expected, StringComparison.Ordinal))
            throw new FormatException(
                whole.StartsWith(Signed, StringComparison.Ordinal) ? "is signed, and this site has no key to test it by: name it in spec.letters.keySecret, the same at both sites"
                : whole.StartsWith(Checked, StringComparison.Ordinal) ? "is not signed, and spec.letters.keySecret asks for it: set that at the site that wrote it too, and copy its status.letter again"
                : "is of a version that this Tandem does not read: upgrade Tandem at this site");
        var end = whole.LastIndexOf('.');
        if (end < expected.Length || !IsSealed(whole, end, key))
            throw new FormatException(key is null ? "was cut off or changed on its way: its checksum does not fit; copy the whole of status.letter" : "was cut off or changed on its way, or signed with another key: copy the whole of status.letter, and compare the Secrets of spec.letters.keySecret");
        return Read(Unpack(whole.AsSpan(expected.Length, end - expected.Length)));
    }

    private static string Seal(string text, byte[]? key) =>
        Base64Url.EncodeToString((key is null ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))).AsSpan(0, SealBytes));

    private static bool IsSealed(string whole, int end, byte[]? key) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Seal(whole[..end], key)), Encoding.UTF8.GetBytes(whole[(end + 1)..]));

    private static byte[] Unpack(ReadOnlySpan<char> body)
    {
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(Base64Url.DecodeFromChars(body)), CompressionMode.Decompress);
            var bytes = new byte[MaximumBytes];
            var length = deflate.ReadAtLeast(bytes, MaximumBytes, throwOnEndOfStream: false);
            return length < MaximumBytes ? bytes[..length] : throw new FormatException("is longer than any letter: copy the whole of status.letter");
        }
        catch (InvalidDataException exception)
        {
            throw new FormatException("is not readable: its body does not unfold", exception);
        }
    }

    private static PairLetter Read(byte[] json)
    {
        try
        {
            var document = JsonSerializer.Deserialize(json, PairLetterJson.Default.PairLetterDocument);
            return document is { Pair: { } pair, Site: { } site, Record: { ValueKind: JsonValueKind.Object } record }
                ? new PairLetter(pair, site, PairRecordCodec.Decode(record.GetRawText()))
                : throw new FormatException("is not readable: it has no pair, site or record");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"is not readable at {exception.Path}: {exception.Message}", exception);
        }
    }
}

internal sealed record PairLetterDocument(string? Pair, string? Site, JsonElement? Record);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PairLetterDocument))]
internal sealed partial class PairLetterJson : JsonSerializerContext;
