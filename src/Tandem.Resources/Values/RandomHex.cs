namespace Tandem.Resources.Values;

/// <summary>Names that nobody else draws. From a <see cref="Random"/> that is handed in, so that a simulation repeats itself.</summary>
public static class RandomHex
{
    /// <returns>So many lower-case hex digits; an even number.</returns>
    public static string NextHex(this Random random, int digits)
    {
        Span<byte> bytes = stackalloc byte[digits / 2];
        lock (random) random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
