using Tandem.Cli.Output;
using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary><c>status NAME</c>: the cluster, its instances and its pair. NAME may also be the pair's.</summary>
public static class StatusVerb
{
    public static async Task<int> RunAsync(Session session, string name, CancellationToken cancellation)
    {
        var (cluster, pair) = await FindAsync(session, name, cancellation);
        var now = session.Time.GetUtcNow();
        if (cluster is not null) ClusterReport.Write(session.Screen, cluster, now);
        if (pair is not null) PairReport.Write(session.Screen, pair, now);
        else if (cluster?.Spec.Pair is { } missing) session.Screen.Line($"Pair {session.Namespace}/{missing} does not exist: the cluster waits for it", Cell.Bad);
        return ExitCodes.Done;
    }

    private static async Task<(DatabaseCluster? Cluster, DisasterRecoveryPair? Pair)> FindAsync(Session session, string name, CancellationToken cancellation)
    {
        if (await session.Client.GetAsync<DatabaseCluster>(name, session.Namespace, cancellation) is { } cluster)
            return (cluster, await session.PairOfAsync(cluster, cancellation));
        if (await session.Client.GetAsync<DisasterRecoveryPair>(name, session.Namespace, cancellation) is { } pair)
            return (await session.Client.GetAsync<DatabaseCluster>(pair.Spec.Cluster, session.Namespace, cancellation), pair);
        throw new CliException($"no DatabaseCluster or DisasterRecoveryPair {name} in namespace {session.Namespace}: kubectl get tandem --all-namespaces");
    }
}
