using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Resources.Validation.Cluster;

internal static partial class ParameterRules
{
    /// <summary>Walsenders and slots beyond one per standby: a base backup (two), the other site, a replacement that streams before the old one is gone.</summary>
    private const int SpareSenders = 5;

    public static IEnumerable<FieldError> NamesAreNames(DatabaseClusterInput input) =>
        input.Spec.Parameters.Keys.Where(name => !ParameterName().IsMatch(name))
            .Select(name => FieldError.Of(Field(name), input.Spec.Parameters[name], Reasons.InvalidValue, "is for no setting: a name has letters, digits and underscores, and at most one dot; correct the name"))
        .Concat(input.Spec.Parameters.Keys.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
            .Select(g => FieldError.Of(Field(g.Last()), input.Spec.Parameters[g.Last()], Reasons.Duplicate, $"is there twice, as {string.Join(" and ", g)}: case makes no difference; remove one")))
        .Concat(input.Spec.Parameters.Where(p => p.Value is null || p.Value.Any(c => char.IsControl(c) && c != '\t') || p.Value.Length > 8192)
            .Select(p => FieldError.Of(Field(p.Key), p.Value is null ? null : "…", Reasons.InvalidValue, "is not one line of text; write it as one line")));

    public static IEnumerable<FieldError> ProtocolOwnsItsSettings(DatabaseClusterInput input)
    {
        foreach (var (name, value) in input.Spec.Parameters)
        {
            if (ProtocolParameters.WhyOwned(name) is { } why)
                yield return FieldError.Of(Field(name), value, Reasons.OwnedByProtocol, $"is refused: {why}; remove it");
        }
    }

    /// <summary>Settings that a user may set, within what the protocol needs.</summary>
    public static IEnumerable<FieldError> ValuesFit(DatabaseClusterInput input)
    {
        var senders = input.Spec.Instances + SpareSenders;
        return
        [
            .. OneOf(input, "wal_level", ["replica", "logical"], "replication needs it"),
            .. OneOf(input, "synchronous_commit", ["on", "remote_apply"], "below on, a commit is confirmed before it is safe; weaken it per transaction or per role, where such a loss is wanted"),
            .. AtLeast(input, "max_wal_senders", senders, "every standby, base backups and the other site need one"),
            .. AtLeast(input, "max_replication_slots", senders, "every standby and the other site need one"),
            .. AtLeast(input, "max_connections", 10, "the agents need some"),
            .. AtLeast(input, "superuser_reserved_connections", 3, "the agent must get in when all others are taken"),
            .. ConnectionsAreLeft(input),
        ];
    }

    /// <summary>The server finds this only when it starts.</summary>
    private static IEnumerable<FieldError> ConnectionsAreLeft(DatabaseClusterInput input)
    {
        int Of(string name, int otherwise) => int.TryParse(Value(input, name)?.Trim('\''), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
        var reserved = (long)Of("superuser_reserved_connections", 3) + Of("reserved_connections", 0);
        if (reserved < Of("max_connections", 100)) yield break;
        var name = Value(input, "superuser_reserved_connections") is not null ? "superuser_reserved_connections" : Value(input, "reserved_connections") is not null ? "reserved_connections" : "max_connections";
        yield return FieldError.Of(Field(name), Value(input, name), Reasons.OutOfRange, $"leaves no connection: {reserved} are reserved, of max_connections {Of("max_connections", 100)}; reserve fewer, or raise max_connections");
    }

    private static IEnumerable<FieldError> OneOf(DatabaseClusterInput input, string name, string[] allowed, string why)
    {
        if (Value(input, name) is { } value && !allowed.Contains(value.Trim('\'').ToLowerInvariant()))
            yield return FieldError.Of(Field(name), value, Reasons.OwnedByProtocol, $"is refused: {why}; set it to {string.Join(" or ", allowed)}");
    }

    private static IEnumerable<FieldError> AtLeast(DatabaseClusterInput input, string name, int minimum, string why)
    {
        if (Value(input, name) is not { } value) yield break;
        if (!int.TryParse(value.Trim('\''), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            yield return FieldError.Of(Field(name), value, Reasons.InvalidValue, "is not a whole number; set it to one");
        else if (number < minimum)
            yield return FieldError.Of(Field(name), value, Reasons.OutOfRange, $"is too few: {why}; set it to at least {minimum}");
    }

    private static string? Value(DatabaseClusterInput input, string name) =>
        input.Spec.Parameters.FirstOrDefault(p => string.Equals(p.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    private static string Field(string name) => $"spec.parameters.{name}";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$")]
    private static partial Regex ParameterName();
}
