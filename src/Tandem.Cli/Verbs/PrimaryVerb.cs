using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Cli.Verbs;

/// <summary><c>primary NAME</c>: the name of the primary's pod and no more, for scripts. Read from the record itself, not from a status that may be older.</summary>
public static class PrimaryVerb
{
    public static async Task<int> RunAsync(Session session, string name, CancellationToken cancellation)
    {
        var cluster = await session.ClusterAsync(name, cancellation);
        var record = await session.Client.GetAsync<V1Lease>(Names.Record(name), session.Namespace, cancellation)
            ?? throw new CliException($"{name} has no primary record yet: kubectl tandem status {name}");
        if (!Incarnation.TryParse(record.Spec?.HolderIdentity, out var holder)) throw new CliException($"{name} has no primary now, an election is under way: kubectl tandem status {name}");
        if (cluster.Status?.RunMode == ClusterRunMode.Standby) throw new CliException($"{name} follows another site here; its main standby is {holder.Instance}");
        session.Screen.Line(holder.Instance);
        return ExitCodes.Done;
    }
}
