using Npgsql;

namespace Tandem.Arbiter;

/// <summary>A <c>postgresql://</c> URI, as every PostgreSQL tool takes it, for Npgsql, which takes key-value pairs.</summary>
internal static class ConnectionUri
{
    /// <exception cref="ArbiterAddressException">It cannot be read; the message repeats nothing of it.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        text = text.Trim();
        try
        {
            if (!text.Contains("://", StringComparison.Ordinal)) return new NpgsqlConnectionStringBuilder(text);
            var uri = new Uri(text);
            if (uri.Scheme is not ("postgresql" or "postgres")) throw new ArbiterAddressException("the scheme is not postgresql");
            var (user, password) = uri.UserInfo.Split(':', 2) is [var u, var p] ? (u, p) : (uri.UserInfo, "");
            var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Username = Uri.UnescapeDataString(user), Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
            if (password.Length > 0) settings.Password = Uri.UnescapeDataString(password);
            foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
                settings[key switch { "sslmode" => "SSL Mode", "sslrootcert" => "Root Certificate", "connect_timeout" => "Timeout", _ => key }] = key == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
            }
            return settings;
        }
        catch (Exception exception) when (exception is UriFormatException or ArgumentException or FormatException)
        {
            throw new ArbiterAddressException("the connection string cannot be read: it is to be postgresql://user:password@host:port/database", null);
        }
    }
}
