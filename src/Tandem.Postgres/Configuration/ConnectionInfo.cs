using System.Globalization;
using System.Text;

namespace Tandem.Postgres.Configuration;

/// <summary>libpq's connection strings: paths of files only, never a secret, so that they may stand on a command line and in a log.</summary>
internal static class ConnectionInfo
{
    /// <param name="database">Null for a replication connection, which has none.</param>
    public static string Of(ReplicationSource source, string? database)
    {
        var text = new StringBuilder();
        Add(text, "host", source.Host);
        Add(text, "port", source.Port.ToString(CultureInfo.InvariantCulture));
        Add(text, "user", source.User);
        if (database is not null) Add(text, "dbname", database);
        Add(text, "application_name", source.ApplicationName);
        Add(text, "sslmode", "verify-ca");
        Add(text, "sslrootcert", source.Tls.CertificateAuthority);
        Add(text, "sslcert", source.Tls.Certificate);
        Add(text, "sslkey", source.Tls.Credential);
        Add(text, "gssencmode", "disable");
        // A source that is gone is noticed by the receiver's own timeout; these are for what it does not see: connecting, and a peer that swallows what we send.
        Add(text, "connect_timeout", "3");
        Add(text, "keepalives_idle", "5");
        Add(text, "keepalives_interval", "2");
        Add(text, "keepalives_count", "3");
        Add(text, "tcp_user_timeout", "10000");
        return text.ToString();
    }

    /// <summary>
    /// For a WAL receiver. A walsender that is terminated while its peer takes nothing waits with its last word for room in the socket, and hears there of no timeout of its own: a change of the
    /// synchronous set and the end of a standby's old stream would wait with it. So TCP gives up at the sender's end too, when <c>wal_sender_timeout</c> would have.
    /// </summary>
    public static string OfReceiver(ReplicationSource source)
    {
        var text = new StringBuilder(Of(source, database: null));
        Add(text, "options", "-c tcp_user_timeout=5s");
        return text.ToString();
    }

    /// <summary>The value of one keyword in a string that <see cref="Of"/> wrote; null where it has none.</summary>
    public static string? Find(string connectionInfo, string keyword)
    {
        for (var i = 0; i < connectionInfo.Length;)
        {
            var equals = connectionInfo.IndexOf('=', i);
            if (equals < 0) return null;
            var name = connectionInfo[i..equals].Trim();
            var value = new StringBuilder();
            i = equals + 1;
            var quoted = i < connectionInfo.Length && connectionInfo[i] == '\'';
            if (quoted) i++;
            for (; i < connectionInfo.Length; i++)
            {
                if (connectionInfo[i] == '\\' && i + 1 < connectionInfo.Length) value.Append(connectionInfo[++i]);
                else if (connectionInfo[i] == (quoted ? '\'' : ' ')) break;
                else value.Append(connectionInfo[i]);
            }

            i++;
            if (name == keyword) return value.ToString();
        }

        return null;
    }

    private static void Add(StringBuilder text, string keyword, string value)
    {
        if (text.Length > 0) text.Append(' ');
        text.Append(keyword).Append("='").Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)).Append('\'');
    }
}
