using System.Net;

namespace Tandem.Resources.Validation;

/// <summary>A line of pg_hba.conf as a user may write it.</summary>
public sealed record HostRule(string Type, IReadOnlyList<string> Databases, IReadOnlyList<string> Users, string Address, string? Mask, string Method, IReadOnlyList<string> Options)
{
    private static readonly HashSet<string> Types = ["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];

    /// <summary>Methods that say who the client is, or turn it away.</summary>
    private static readonly HashSet<string> Methods = ["scram-sha-256", "md5", "password", "cert", "gss", "ldap", "radius", "pam", "oauth", "reject"];

    /// <param name="problem">What is wrong with the line, and the way out; null where it is a rule.</param>
    public static HostRule? Parse(string line, out string? problem)
    {
        var tokens = Tokens(line);
        problem = tokens is null ? "has a quotation mark that is not closed; close it" : ProblemOf(tokens);
        return problem is null ? Of(tokens!) : null;
    }

    private static string? ProblemOf(List<Token> tokens)
    {
        if (tokens.Count == 0) return "is empty or a comment; remove it";
        var type = tokens[0].Text;
        if (type == "local") return "is for the server's own socket, which belongs to the agent; use host or hostssl";
        if (type.StartsWith("include", StringComparison.Ordinal)) return "includes a file, and there are none in the pod; write its lines here";
        if (!Types.Contains(type)) return $"begins with '{type}'; begin it with {string.Join(", ", Types)}";
        if (tokens.Count < 5) return $"has {tokens.Count} words; write type, database, user, address and method: hostssl all all 10.0.0.0/8 scram-sha-256";
        if (tokens.Take(4).Any(t => !t.Quoted && t.Text.StartsWith('@'))) return "names a file by @, and there are none in the pod; write the names here";
        var rule = Of(tokens);
        if (AddressProblem(rule) is { } address) return address;
        if (tokens.Count < (rule.Mask is null ? 5 : 6)) return "has no method after the mask; end it with scram-sha-256";
        return MethodProblem(rule) ?? ReplicationProblem(tokens[1]);
    }

    private static string? AddressProblem(HostRule rule)
    {
        if (rule.Address is "all" or "samehost" or "samenet") return rule.Mask is null ? null : "has a mask where the address takes none; remove it";
        if (rule.Mask is not null) return IPAddress.TryParse(rule.Address, out _) ? null : $"has a mask, but its address '{rule.Address}' is no IP address";
        var slash = rule.Address.IndexOf('/');
        if (slash >= 0)
        {
            if (!IPAddress.TryParse(rule.Address[..slash], out var network) || !int.TryParse(rule.Address[(slash + 1)..], out var bits) || bits < 0 || bits > (network.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128))
                return $"has the address '{rule.Address}', which is no network; write it as 10.0.0.0/8";
            return null;
        }

        if (IPAddress.TryParse(rule.Address, out _)) return $"has the address '{rule.Address}' without a length; write {rule.Address}/{(rule.Address.Contains(':') ? 128 : 32)}";
        return rule.Address.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && rule.Address.Any(char.IsAsciiLetter) ? null : $"has the address '{rule.Address}', which is neither a network nor a host; write it as 10.0.0.0/8";
    }

    private static string? MethodProblem(HostRule rule) => rule.Method switch
    {
        "trust" => "lets anybody in without a password; use scram-sha-256",
        "password" when rule.Type != "hostssl" => "sends passwords in clear over the network; use hostssl, or scram-sha-256",
        "peer" or "ident" => $"asks the client itself who it is ({rule.Method}); use scram-sha-256 or cert",
        "cert" when rule.Type != "hostssl" => "asks for a certificate without TLS; use hostssl",
        _ when !Methods.Contains(rule.Method) => $"has the method '{rule.Method}', which is not known; use scram-sha-256",
        _ => null,
    };

    /// <summary>The word, unquoted, opens the write-ahead log itself; "all" does not contain it.</summary>
    private static string? ReplicationProblem(Token databases) =>
        !databases.Quoted && databases.Text.Split(',').Contains("replication") ? "opens replication, which Tandem opens by certificate to its own instances alone; remove it, and use logical replication (it needs a database, not this word) for others" : null;

    private static HostRule Of(List<Token> tokens)
    {
        var hasMask = tokens.Count > 5 && !tokens[3].Text.Contains('/') && IPAddress.TryParse(tokens[4].Text, out _);
        var method = Math.Min(hasMask ? 5 : 4, tokens.Count - 1);
        return new HostRule(tokens[0].Text, tokens[1].Text.Split(','), tokens[2].Text.Split(','), tokens[3].Text, hasMask ? tokens[4].Text : null, tokens[method].Text, [.. tokens.Skip(method + 1).Select(t => t.Text)]);
    }

    /// <summary>Words as the server splits them: by spaces, quotation marks keep them together, # ends the line. Null: a quotation mark is not closed.</summary>
    private static List<Token>? Tokens(string line)
    {
        var tokens = new List<Token>();
        var (word, quoted, inside, started) = (new System.Text.StringBuilder(), false, false, false);
        foreach (var c in line)
        {
            if (c == '"') (inside, quoted, started) = (!inside, true, true);
            else if (inside) word.Append(c);
            else if (c == '#') break;
            else if (char.IsWhiteSpace(c)) End();
            else
            {
                // "a, b" is one word to the server too.
                word.Append(c);
                started = true;
            }
        }

        if (inside) return null;
        End();
        return tokens;

        void End()
        {
            if (!started || (word.Length > 0 && word[^1] == ',')) return;
            tokens.Add(new Token(word.ToString(), quoted));
            word.Clear();
            (quoted, started) = (false, false);
        }
    }

    private readonly record struct Token(string Text, bool Quoted);
}
