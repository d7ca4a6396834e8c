using System.Text.RegularExpressions;

namespace Tandem.Resources.Validation.Cluster;

internal static partial class DatabaseRules
{
    private static readonly HashSet<string> ReservedDatabases = ["postgres", "template0", "template1", "all", "replication", "sameuser", "samerole", "samegroup"];
    private static readonly HashSet<string> ReservedOwners = ["postgres", "public", "none", "all", "current_user", "current_role", "session_user", "user"];

    public static IEnumerable<FieldError> NamesAreFree(DatabaseClusterInput input)
    {
        var database = input.Spec.Database;
        return [.. Name("spec.database.name", database.Name, ReservedDatabases), .. Name("spec.database.owner", database.Owner, ReservedOwners)];
    }

    private static IEnumerable<FieldError> Name(string field, string name, HashSet<string> reserved)
    {
        if (!Identifier().IsMatch(name))
            yield return FieldError.Of(field, name, Reasons.InvalidValue, "is not a name that needs no quotes everywhere; use lower-case letters, digits, underscores and dashes, at most 63, a letter first");
        else if (reserved.Contains(name))
            yield return FieldError.Of(field, name, Reasons.ReservedName, "belongs to the server; choose another name");
        else if (name.StartsWith("pg_", StringComparison.Ordinal) || name.StartsWith("tandem", StringComparison.Ordinal))
            yield return FieldError.Of(field, name, Reasons.ReservedName, "begins with a prefix that belongs to the server or to Tandem (pg_, tandem); choose another name");
    }

    [GeneratedRegex("^[a-z_][a-z0-9_-]{0,62}$")]
    private static partial Regex Identifier();
}
