using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>What a condition says: status, one CamelCase word, one sentence.</summary>
public sealed record Verdict(ConditionStatus Status, string Reason, string Message)
{
    public static Verdict Yes(string reason, string message) => new(ConditionStatus.True, reason, message);
    public static Verdict No(string reason, string message) => new(ConditionStatus.False, reason, message);
    public static Verdict Unknown(string reason, string message) => new(ConditionStatus.Unknown, reason, message);
}
