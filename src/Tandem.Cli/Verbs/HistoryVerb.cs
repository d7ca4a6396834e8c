using Tandem.Cli.Output;

namespace Tandem.Cli.Verbs;

/// <summary><c>history NAME</c>: every reign of the cluster that its status remembers, and those of its pair.</summary>
public static class HistoryVerb
{
    public static async Task<int> RunAsync(Session session, string name, CancellationToken cancellation)
    {
        var cluster = await session.ClusterAsync(name, cancellation);
        HistoryReport.Write(session.Screen, cluster);
        if (await session.PairOfAsync(cluster, cancellation) is not { } pair) return ExitCodes.Done;
        session.Screen.Line("");
        session.Screen.Line($"Pair {session.Namespace}/{pair.Metadata.Name}");
        HistoryReport.Write(session.Screen, pair);
        return ExitCodes.Done;
    }
}
