using Tandem.Kubernetes.Serialization;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>Whether two statuses tell another story, or the same with other positions: the log of a busy database moves all the time.</summary>
public static class StatusComparison
{
    public static bool AreEqual(DatabaseClusterStatus? a, DatabaseClusterStatus? b) => Text(a) == Text(b);

    public static bool TellTheSame(DatabaseClusterStatus? a, DatabaseClusterStatus? b) => Text(WithoutPositions(a)) == Text(WithoutPositions(b));

    private static DatabaseClusterStatus? WithoutPositions(DatabaseClusterStatus? status) => status is null ? null : status with
    {
        Instances = [.. status.Instances.Select(i => i with { SentLsn = null, WriteLsn = null, FlushLsn = null, ReplayLsn = null, LagBytes = null, Progress = null })],
    };

    /// <summary>As the API would have it: what it does not keep, e.g. fractions of a second, is no difference.</summary>
    private static string Text(DatabaseClusterStatus? status) => status is null ? "" : KubernetesJson.Serialize(status);
}
