using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>runMode, pairEpoch and floor of the cluster's record follow the pair record by a second swap; nothing is decided there [S1].</summary>
public static class ClusterFollows
{
    /// <summary>A cluster that was made without the pair is writable: a standby site is never built over it (B19).</summary>
    public static PairAction? RefuseForeignData(PairView v) =>
        v.Record!.Role == PairRole.Standby && v.Cluster is { PairEpoch: null }
            ? new PairAction.Wait("WouldDiscardData", "this site's cluster was made without the pair: it is not overwritten by the build of a standby site")
            : null;

    public static PairAction? OpenAsPrimary(PairView v)
    {
        var record = v.Record!;
        if (record.Role != PairRole.Primary || record.PairEpoch.Site != v.Site || record.IsDemoting || v.Cluster is not { } cluster) return null;
        // Never below what the cluster's record knows [S7].
        if (cluster.PairEpoch > record.PairEpoch) return null;
        // Every reopening is a swap of one's own: a late Standby of an attempt that was rolled back must not close the site again [S3].
        var opened = cluster.RunMode == RunMode.Primary && cluster.PairEpoch == record.PairEpoch && v.ClusterSettled;
        // Where there is to be an arbiter the site does not open before it is bound to it; one that is open already goes on meanwhile.
        if (!opened && v is { ArbiterRequest: not null, Arbiter: null } && cluster.Arbiter is null)
            return new PairAction.Wait("ArbiterUnreachable", "spec.arbiter cannot be read: this site opens when it can");
        var arbiter = Binding(v, cluster);
        if (opened && cluster.Arbiter == arbiter) return null;
        var change = new ClusterChange(RunMode.Primary, record.PairEpoch, Floor(record, cluster), ClearDemoted: true, arbiter)
        {
            Remote = cluster.Remote is { } remote && remote.PairEpoch == record.PairEpoch ? remote : null,
            // What the old site acknowledged is with the one it named, until a reign of this site says what is acknowledged here [S11]. After a handover the floor says it.
            Named = record.Outcome is { Kind: PairOutcomeKind.Consumed } taken && taken.To == record.PairEpoch ? null : cluster.Named,
        };
        return new PairAction.SwapCluster(change,
            opened ? "BindsArbiter" : "OpensAsPrimary", opened ? $"the site's primary {(arbiter is null ? "needs the arbiter no more" : arbiter.Leaving ? "is to give the arbiter up" : "is bound to the arbiter")}" : $"this site is primary at pair epoch {record.PairEpoch}");
    }

    public static PairAction? RunAsStandby(PairView v)
    {
        var record = v.Record!;
        if (record.Role != PairRole.Standby || v.Cluster is not { } cluster) return null;
        if (cluster.RunMode == RunMode.Standby && cluster.PairEpoch >= record.PairEpoch && v.ClusterSettled) return null;
        var epoch = cluster.PairEpoch > record.PairEpoch ? cluster.PairEpoch.Value : record.PairEpoch;
        return new PairAction.SwapCluster(new ClusterChange(RunMode.Standby, epoch, Floor: null, ClearDemoted: true) { Named = cluster.PairEpoch == epoch ? cluster.Named : null }, "RunsAsStandby", $"this site is standby at pair epoch {epoch}");
    }

    /// <summary>
    /// By the very swap that opens the site, so that no server starts without having heard of it. It is taken away only once the arbiter itself says that nobody holds it there: the other site could
    /// take it from a primary that does not stop without it.
    /// </summary>
    private static ArbiterBinding? Binding(PairView v, PrimaryRecord cluster)
    {
        if (v.ArbiterRequest is { } request && v.Record!.PairUid is { } uid)
            return cluster.Arbiter switch
            {
                { Leaving: false } bound => bound with { Duration = request.Duration },
                { Leaving: true } leaving => new ArbiterBinding(uid, request.Duration, leaving.Generation + 1),
                null => v.Arbiter is { } arbiter && v.AgentsKnow >= PrimaryRecord.ArbiterFormat ? new ArbiterBinding(uid, request.Duration, (arbiter.Record?.Generation ?? 0) + 1) : null,
            };
        return cluster.Arbiter is not { } given || given.Leaving && v.Arbiter is { Record.Holder: null, Record: not null } ? null : given with { Leaving = true };
    }

    /// <summary>
    /// The end of the token that began this epoch: below it nobody opens, but members go on streaming from the old site [S12]. Where this site reopens, the floor of its own reign, which a demotion leaves
    /// where it was: what it acknowledged before it degraded it goes on to vouch for [C8]. A site that followed another has none. Whatever brings the cluster's
    /// record to this epoch first, an opening or a demotion before it, brings the token's end with it: after that it is never lowered.
    /// </summary>
    public static LogEnd? Floor(PairRecord record, PrimaryRecord cluster)
    {
        if (!(cluster.PairEpoch >= record.PairEpoch) && record.Outcome is { Kind: PairOutcomeKind.Consumed, Token: { } token } outcome && outcome.To == record.PairEpoch) return token.End;
        return cluster.Floor;
    }
}
