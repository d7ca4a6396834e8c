using System.Globalization;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Arbitration;

/// <summary>What the pair's spec says of the arbiter.</summary>
/// <param name="Duration">Of the lease there.</param>
/// <param name="Automatic">This site may take over by itself.</param>
/// <param name="MaximumLag">In bytes: further behind than this at the last contact, it does not.</param>
public sealed record ArbiterRequest(TimeSpan Duration, bool Automatic, long MaximumLag);

/// <summary>The arbiter, read live in this very step.</summary>
/// <param name="Record">Null: nothing stands there yet.</param>
/// <param name="StoodStillFor">Unchanged for so long, by this operator's clock.</param>
/// <param name="Settled">No swap that was sent there before, by this operator or the one before it, can land any more.</param>
public sealed record ArbiterView(ArbiterRecord? Record, TimeSpan StoodStillFor, bool Settled);

/// <summary>
/// The standby site takes over by itself, once the primary site's lease at the arbiter has run out: its server has stopped by its guard then (protocol, section 5) [S8] [S9].
/// FailingOver stands in the own pair record before the arbiter is taken: from then on nothing is named, un-named, consumed or revoked here. The swap at the arbiter decides; the pair's
/// record follows it, and so does the other site's.
/// </summary>
public static class AutomaticFailover
{
    /// <summary>An epoch that was decided at the arbiter, whoever's; higher than both records here [S7].</summary>
    public static PairAction? AdoptDecided(PairView v)
    {
        if (v.Arbiter?.Record is not { } stands || stands.Pair != v.Record!.PairUid) return null;
        var decided = stands.PairEpoch;
        if (decided <= v.Record.PairEpoch || decided < v.Cluster?.PairEpoch) return null;
        if (decided.Site != v.Site) return Recovery.EpochAdoption.BecomeStandby(v, decided);
        // In this site's favour only its own operator can have decided, as a standby.
        if (v.Record.Role != PairRole.Standby) return null;
        var operation = v.Record.Operation;
        var message = $"automatic failover of pair epoch {v.Record.PairEpoch}: the lease of site {v.PeerSite} at the arbiter has run out; {Recovery.Failover.WhatMayBeLost(v)}";
        var outcome = new PairOutcome(PairOutcomeKind.FailedOver, v.Record.PairEpoch, decided, v.Now, operation?.Id ?? v.FreshId, Message: message, StartedAt: operation?.StartedAt ?? v.Now);
        return new PairAction.SwapRecord(v.Record.Decided(PairRole.Primary, outcome) with { LastRequested = v.Site }, "FailedOver", message);
    }

    public static PairAction? Begin(PairView v)
    {
        var record = v.Record!;
        if (v.ArbiterRequest is not { Automatic: true } request || v.Unsupported is not null || v.Request.Deleting) return null;
        if (record is not { Role: PairRole.Standby, State: PairRecordState.Active } || record.Step is not (null or PairStep.Target)) return null;
        if (v.Arbiter is not { } arbiter || !HasRunOut(v, arbiter) || PeerHandsOver(v)) return null;
        if (Recovery.Failover.NamedIsLost(v) is { } lost) return lost;
        if (Recovery.Failover.NothingToPromote(v) is { } nothing) return nothing;
        if (v.Holder is null)
            return new PairAction.Wait("NothingToPromote", $"site {v.PeerSite} is silent, but this site has no main standby that could become primary");
        // Where commits are required to wait for this site, it takes over by itself only by the mark that they did [S11].
        if (v.Request.Synchrony == PairSynchrony.Required && v.Vouched is not { Preferred: false })
            return new PairAction.Wait("NotSynchronous", $"site {v.PeerSite} is silent, and spec.synchronization.durability is Required, but it has not said that all that it acknowledged is here. To fail over all the same, at the cost of what may be missing: "
                + $"spec.primarySite {v.Site} with spec.failover.fromEpoch {record.PairEpoch.Number}");
        if (v.Vouched is not { Preferred: false } && !(record.Peer?.RecoveryPointBytes <= request.MaximumLag))
            return new PairAction.Wait("TooFarBehind", TooFarBehind(v, request));
        var operation = new PairOperation(v.FreshId, PairOperationKind.Failover, PairStep.FailingOver, v.Site, v.Site, v.Now, v.Now, v.Now + v.Timeouts.Switchover);
        return new PairAction.SwapRecord(record with { Operation = operation }, "FailingOver", $"failover {operation.Id}: site {v.PeerSite} has not renewed its lease at the arbiter for {Seconds(arbiter.StoodStillFor)}");
    }

    /// <summary>At FailingOver: takes the arbiter, unless the other site turns out to live, or to be handing over.</summary>
    public static PairAction? Take(PairView v)
    {
        var record = v.Record!;
        if (record.Step != PairStep.FailingOver) return null;
        if (v.Arbiter is not { } arbiter) return new PairAction.Wait("ArbiterUnreachable", $"failover {record.Operation!.Id}: the arbiter cannot be read");
        var wanted = v.ArbiterRequest is { Automatic: true } && !v.Request.Deleting;
        var isNamedLost = Recovery.Failover.NamedIsLost(v) is not null;
        if (wanted && !isNamedLost && HasRunOut(v, arbiter) && !PeerHandsOver(v))
        {
            var next = arbiter.Record! with { PairEpoch = v.NextEpoch(v.Site), Holder = v.Site, RenewedAt = v.Now, Nonce = v.FreshId, SettledBy = null };
            return new PairAction.SwapArbiter(next, "TakesArbiter", $"failover {record.Operation!.Id}: this site takes the arbiter at pair epoch {next.PairEpoch}");
        }

        // The holder has renewed it: what was sent on the version before cannot land any more. Else only a swap of one's own says so, which leaves all as it is.
        var renewed = arbiter.Record is { } stands && stands.Holder == v.PeerSite && !ArbiterRules.HasRunOut(stands, arbiter.StoodStillFor);
        if (!renewed && !arbiter.Settled && arbiter.Record is { } unchanged)
            return new PairAction.SwapArbiter(unchanged with { SettledBy = v.FreshId }, "SettlesArbiter", $"failover {record.Operation!.Id}: an earlier attempt to take the arbiter must not land any more");
        return new PairAction.SwapRecord(record with { Operation = null }, "FailoverWithdrawn", $"failover {record.Operation!.Id}: {(renewed ? $"site {v.PeerSite} has renewed its lease at the arbiter" : !wanted ? "it is not asked for any more" : isNamedLost ? $"{v.Cluster!.Named!.Value.Instance}, which may have what nobody else has here, is lost" : $"site {v.PeerSite} is handing over")}");
    }

    /// <summary>Of the very epoch that this site knows: a primary that has not taken the arbiter does not stop without it.</summary>
    private static bool HasRunOut(PairView v, ArbiterView arbiter) =>
        arbiter.Record is { } stands && stands.Pair == v.Record!.PairUid && stands.Holder == v.PeerSite && stands.PairEpoch == v.Record.PairEpoch && ArbiterRules.HasRunOut(stands, arbiter.StoodStillFor);

    /// <summary>Its token, once it is out, can be consumed without a loss; a failover would pass by what it says [S9].</summary>
    private static bool PeerHandsOver(PairView v) => v.PeerRecord is { IsDemoting: true };

    private static string TooFarBehind(PairView v, ArbiterRequest request) =>
        $"site {v.PeerSite} is silent, but this site {(v.Record!.Peer?.RecoveryPointBytes is { } bytes ? $"was {bytes} bytes behind" : "does not know how far it was behind")} at the last contact; "
        + $"spec.synchronization.maximumLag is {request.MaximumLag}. To fail over all the same: spec.primarySite {v.Site} with spec.failover.fromEpoch {v.Record.PairEpoch.Number}";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
}
