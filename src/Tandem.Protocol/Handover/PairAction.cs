using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Handover;

/// <summary>What the operator of a site does next about its pair: one write, or none. A closed set: switch over it.</summary>
public abstract record PairAction(string Reason, string Message)
{
    /// <summary>Create this site's pair record.</summary>
    public sealed record CreateRecord(PairRecord Record, string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Swap this site's pair record, on the version that was read.</summary>
    public sealed record SwapRecord(PairRecord Next, string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Swap the other site's pair record, on the version that was read.</summary>
    public sealed record SwapPeerRecord(PairRecord Next, string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Swap this site's cluster record, on the version that was read, with a nonce of one's own, even if nothing else changes.</summary>
    public sealed record SwapCluster(ClusterChange Change, string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Swap the record at the arbiter, on the version that was read.</summary>
    public sealed record SwapArbiter(ArbiterRecord Next, string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Both records say Dissolved: the pair object may go.</summary>
    public sealed record Release(string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Nothing may be done; what it waits for.</summary>
    public sealed record Wait(string Reason, string Message) : PairAction(Reason, Message);

    /// <summary>Nothing is to be done: all is as asked.</summary>
    public sealed record Rest() : PairAction("AsRequested", "the sites are as requested");

    public static Wait WaitFor(Refusal refusal) => new(refusal.Reason, refusal.Message);
}

/// <summary>
/// What the pair changes in a cluster's record: nothing else of it.
/// </summary>
/// <param name="ClearDemoted">Take away what an earlier demotion left: it is void as soon as the site may have run read-write again, or another epoch began.</param>
/// <param name="Arbiter">What the site's servers are bound to, from this very swap on.</param>
public sealed record ClusterChange(RunMode RunMode, PairEpoch PairEpoch, LogEnd? Floor, bool ClearDemoted, ArbiterBinding? Arbiter = null)
{
    /// <summary>Who of the other site commits wait for, from this swap on.</summary>
    public RemoteStandby? Remote { get; init; }

    /// <summary>Whom elections of this site must not pass by, from this swap on [S11].</summary>
    public Incarnation? Named { get; init; }

    /// <summary>Nothing but who is counted between the sites.</summary>
    public static ClusterChange Of(PrimaryRecord record) =>
        new(record.RunMode, record.PairEpoch!.Value, record.Floor, ClearDemoted: false, record.Arbiter) { Remote = record.RemoteNow, Named = record.Named };

    public PrimaryRecord Apply(PrimaryRecord record, string nonce) => (record with
    {
        RunMode = RunMode,
        PairEpoch = PairEpoch,
        Floor = Floor,
        Demoted = ClearDemoted ? null : record.Demoted,
        Arbiter = Arbiter,
        Remote = Remote,
        Named = Named,
        Nonce = nonce,
    }).After(record);
}
