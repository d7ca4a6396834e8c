using System.Runtime.CompilerServices;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>Whether two statuses tell another story, or the same with other positions: the log of a busy database moves all the time.</summary>
public static class StatusComparison
{
    /// <summary>What stands in the API is compared with at each look, until another status is written there.</summary>
    private static readonly ConditionalWeakTable<DatabaseClusterStatus, string> Whole = [];
    private static readonly ConditionalWeakTable<DatabaseClusterStatus, string> Stories = [];

    public static bool AreEqual(DatabaseClusterStatus? a, DatabaseClusterStatus? b) => Text(a) == Text(b);

    public static bool TellTheSame(DatabaseClusterStatus? a, DatabaseClusterStatus? b) => Story(a) == Story(b);

    private static string Story(DatabaseClusterStatus? status) => status is null ? "" : Stories.GetValue(status, s => KubernetesJson.Serialize(s with
    {
        Instances = [.. s.Instances.Select(i => i with { SentLsn = null, WriteLsn = null, FlushLsn = null, ReplayLsn = null, LagBytes = null, Progress = null })],
    }));

    /// <summary>As the API would have it: what it does not keep, e.g. fractions of a second, is no difference.</summary>
    private static string Text(DatabaseClusterStatus? status) => status is null ? "" : Whole.GetValue(status, KubernetesJson.Serialize);
}
