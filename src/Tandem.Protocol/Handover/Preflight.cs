using System.Collections.Immutable;
using Tandem.Protocol.Records;

namespace Tandem.Protocol.Handover;

/// <summary>What must be so before a switchover begins. A chain of small checks: a new one is one function and one line in the list.</summary>
public static class Preflight
{
    public static readonly ImmutableArray<Func<PairView, Refusal?>> Checks =
    [
        v => v.Unsupported,
        v => v.ByHand ? null : v.Peer is null ? new Refusal("PeerUnreachable", $"site {v.PeerSite} cannot be read") : null,
        // The other site could not open without it either.
        v => ArbiterUnreachable(v),
        v => v.PeerWord is null ? new Refusal("PeerRecordMissing", v.ByHand ? $"no letter of site {v.PeerSite} is here: copy its status.letter into spec.sites[].letter" : $"site {v.PeerSite} has no pair record yet") : null,
        v => v.PeerWord!.State == PairRecordState.Active ? null : new Refusal("PeerNotActive", $"the pair record of site {v.PeerSite} is {v.PeerWord.State}"),
        v => v.PeerWord!.PairEpoch == v.Record!.PairEpoch ? null : new Refusal("PeerAtOtherEpoch", $"site {v.PeerSite} is at pair epoch {v.PeerWord.PairEpoch}{(v.ByHand ? " by its letter" : "")}, this one at {v.Record.PairEpoch}"),
        v => v.PeerWord!.Role == PairRole.Standby ? null : new Refusal("PeerNotStandby", $"site {v.PeerSite} is not standby"),
        // One operation at a time over both sites (B3).
        v => (v.Record!.Operation ?? v.PeerWord!.Operation) is { } operation ? new Refusal("OperationInProgress", $"{operation.Kind} {operation.Id} of site {operation.Owner} is at step {operation.Step}") : null,
        // A primary that does not run at this epoch could be demoted with a log that ends in another one [S3].
        v => v.PrimaryRunsAtEpoch ? null : new Refusal("PrimaryNotRunningAtEpoch", $"this site's primary does not run at pair epoch {v.Record!.PairEpoch}, or does not admit clients"),
        PeerReady,
        SameSystem,
        SameEngine,
        v => v.StandbyStreams ? null : new Refusal("NotStreaming", $"the main standby of site {v.PeerSite} does not stream from this site"),
    ];

    /// <summary>The first check that fails; null: a switchover may begin.</summary>
    public static Refusal? Check(PairView view)
    {
        foreach (var check in Checks)
            if (check(view) is { } refusal) return refusal;
        return null;
    }

    private static Refusal? PeerReady(PairView v) =>
        v.PeerWord!.Self is { Ready: true } ? null : new Refusal("PeerNotReady", v.PeerWord.Self?.NotReadyReason ?? $"site {v.PeerSite} has said nothing of itself yet");

    private static Refusal? SameSystem(PairView v) =>
        v.PeerWord!.Self!.SystemIdentifier is { } theirs && theirs == v.Cluster!.SystemIdentifier
            ? null
            : new Refusal("SystemIdentifierMismatch", $"this site's database is {v.Cluster!.SystemIdentifier}, that of site {v.PeerSite} is {v.PeerWord.Self.SystemIdentifier}");

    private static Refusal? SameEngine(PairView v) =>
        v.Record!.Self?.ServerVersion is { } mine && v.PeerWord!.Self!.ServerVersion is { } theirs && mine / 10000 != theirs / 10000
            ? new Refusal("EngineMismatch", $"the server here is of version {mine / 10000}, at site {v.PeerSite} of {theirs / 10000}")
            : null;

    /// <summary>Named in the spec, and not readable from here.</summary>
    public static Refusal? ArbiterUnreachable(PairView v) =>
        v is { ArbiterRequest: not null, Arbiter: null } ? new Refusal("ArbiterUnreachable", $"the arbiter cannot be read from site {v.Site}: no site opens without it") : null;
}
