using System.Text;

namespace Tandem.Postgres.Configuration;

/// <summary>The language of postgresql.conf: one <c>name = 'value'</c> a line.</summary>
internal static class SettingsText
{
    public static string Line(string name, string value) => $"{name} = {Quote(value)}";

    /// <summary>In quotes, with what the server's scanner would take for an escape or for the end of the line escaped.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("'");
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '\'' => "''",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ => c.ToString(),
            });
        }

        return text.Append('\'').ToString();
    }

    /// <summary>The parameter that a line sets, lower case; null for a comment, an empty line, or what is no setting.</summary>
    public static string? NameOf(string line)
    {
        var text = line.AsSpan().Trim();
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '_' or '.' or '$')) length++;
        return length == 0 || !IsName(text[..length]) ? null : text[..length].ToString().ToLowerInvariant();
    }

    /// <summary>The value of a line that <see cref="Line"/> wrote.</summary>
    public static string? ValueOf(string line)
    {
        var open = line.IndexOf('\'');
        if (open < 0) return null;
        var text = new StringBuilder();
        for (var i = open + 1; i < line.Length; i++)
        {
            if (line[i] == '\'')
            {
                if (i + 1 >= line.Length || line[i + 1] != '\'') return text.ToString();
                text.Append(line[++i]);
            }
            else if (line[i] == '\\' && i + 1 < line.Length)
            {
                var c = line[++i];
                text.Append(c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => c });
            }
            else
            {
                text.Append(line[i]);
            }
        }

        return null;
    }

    public static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !(char.IsAsciiLetter(name[0]) || name[0] == '_')) return false;
        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$')) return false;
        }

        return !name.StartsWith("include", StringComparison.OrdinalIgnoreCase);
    }
}
