using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tandem.Postgres.Sql;

/// <summary>What PostgreSQL stores of a password: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c> (RFC 5803).</summary>
internal static class ScramVerifier
{
    private const string Prefix = "SCRAM-SHA-256$";
    private const int Iterations = 4096;

    public static string Make(string password) => Make(password, RandomNumberGenerator.GetBytes(16), Iterations);

    public static bool Matches(string stored, string password)
    {
        if (!stored.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var parts = stored[Prefix.Length..].Split('$', ':');
        if (parts.Length != 4 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > 1_000_000) return false;
        var salt = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1], salt, out var length)) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(stored), Encoding.ASCII.GetBytes(Make(password, salt.AsSpan(0, length), iterations)));
    }

    private static string Make(string password, ReadOnlySpan<byte> salt, int iterations)
    {
        // SASLprep is NFKC for all but odd cases, and for ASCII nothing at all.
        var normalized = Encoding.UTF8.GetBytes(Ascii.IsValid(password) ? password : password.Normalize(NormalizationForm.FormKC));
        var salted = Rfc2898DeriveBytes.Pbkdf2(normalized, salt, iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }
}
