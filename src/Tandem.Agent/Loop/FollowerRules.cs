using System.Collections.Immutable;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;
using static Tandem.Agent.Loop.InstanceAction;

namespace Tandem.Agent.Loop;

/// <summary>Rules of everybody but the holder; the holder's own list ends before them.</summary>
internal static class FollowerRules
{
    public const string InsideClauseReason = "InsideClause";
    public const string WouldDiscardReason = "WouldDiscardData";

    /// <summary>Why nothing is done about a volume that is to be copied anew: the operator asks the other site's to count another first.</summary>
    public const string CountedByOtherSiteReason = "CountedByOtherSite";

    /// <summary>Why nothing is done between two rewinds that find nothing to do.</summary>
    public const string NothingToRewindReason = "NothingToRewind";

    private static readonly TimeSpan DetachedLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    /// <summary>Between two rewinds that find nothing to do: what they wait for is a checkpoint over there.</summary>
    private static readonly TimeSpan RewindInterval = TimeSpan.FromSeconds(1);

    public static readonly LearnLineage Learn = new("ReignUnknown", "this volume does not know whose reign its log ends in: its own database is asked");

    /// <summary>As connect_timeout says, which the receiver does not look at.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    /// <summary>There is one who may write, and it is not this one.</summary>
    public static InstanceAction? MustNotWrite(InstanceObservation o) =>
        o.RunsReadWrite ? new Stop(StopMode.Immediate, "NotHolder", $"the record is held by {o.Record!.Holder?.Instance ?? "nobody"}") : null;

    public static InstanceAction? WithoutData(InstanceObservation o)
    {
        if (o.HasData && o.Volume.Marker is VolumeMarker.None or VolumeMarker.Rewinding) return null;
        if (o.Process.Running) return new Stop(StopMode.Immediate, "NoUsableData", "a clone was begun on this volume");
        if (o.Record!.SystemIdentifier is null) return new Wait("HolderFounding", $"{o.Record.Holder?.Instance} has not made the database yet");
        // A copy is told the history that its record has when it begins: without one it would be found to share nothing with anybody, and be made again.
        if (o.Record.Lineage.IsEmpty) return new Wait("HolderFounding", $"{o.Record.Holder?.Instance} has not taken over the history of its database yet");
        if (InsideClause(o)) return new Wait(InsideClauseReason, "the holder must take this instance out of the synchronous set before its volume is rebuilt");
        if (CountedByOtherSite(o) is { } counted) return counted;
        return LocalUpstream.Of(o) is { } source && HolderReady(o)
            ? new BaseBackup(source, "NoData", $"no data yet: base backup from {source.Name}")
            : new Wait("HolderNotReady", $"{o.Record.Holder?.Instance} cannot be cloned from yet");
    }

    public static InstanceAction? InterruptedRewind(InstanceObservation o)
    {
        if (o.Volume.Marker != VolumeMarker.Rewinding) return null;
        if (RewindOver(o) is { } over) return over;
        return LocalUpstream.Of(o) is { } source && HolderReady(o) ? RewindAgain(source) : new Wait("HolderNotReady", "the rewind goes on when the holder is there");
    }

    /// <summary>What comes before a rewind that was begun can go on, or instead of it; null: it can.</summary>
    public static InstanceAction? RewindOver(InstanceObservation o) =>
        o.Process.Running ? new Stop(StopMode.Fast, "RewindInterrupted", "a rewind was begun")
        : o.RewindImpossible is { } why ? Rebuild(o, "RewindNotPossible", why)
        : null;

    public static Rewind RewindAgain(UpstreamTarget source) => new(source, null, "RewindInterrupted", "a rewind was begun and not finished: again");

    public static InstanceAction? ServerDown(InstanceObservation o)
    {
        if (o.Process.Running) return null;
        if (o.LogEnd is null) return new Seal("LogEndUnknown", "where the log ends must be known before anybody is followed");
        if (LocalUpstream.Of(o) is not { } source) return new Wait("HolderUnknown", "the holder's address is not known");
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd);
    }

    public static InstanceAction? WrongUpstream(InstanceObservation o)
    {
        if (LocalUpstream.Of(o) is not { } source || o.Upstream == source) return null;
        if (o.LogEnd is null) return new Wait("LogEndUnknown", "the server has not said where its log ends");
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd);
    }

    /// <summary>A standby whose log went another way than the holder's cannot stream, however often it tries.</summary>
    public static InstanceAction? Diverged(InstanceObservation o)
    {
        if (o.Status is null or { Receiver.Status: "streaming" } || o.LogEnd is null || o.Upstream is null || LocalUpstream.Of(o) is not { } source) return null;
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd) is (Rewind or Stop or Discard or AcceptDiscard or Hold or LearnLineage) and var apart ? apart : null;
    }

    /// <summary>
    /// A standby fetches a timeline's history once. One that it has from another, who had the same number for his and is not followed any more, tells it to go on where the source has already left that timeline:
    /// it would ask for that for ever. Started again, it has forgotten what its log has not reached.
    /// </summary>
    public static InstanceAction? StrayTimeline(InstanceObservation o) => LocalUpstream.Of(o) is { } source ? StrayTimeline(o, source, o.Record!.Lineage) : null;

    public static InstanceAction? StrayTimeline(InstanceObservation o, UpstreamTarget source, ImmutableList<LineageEntry> lineage) =>
        o is { RunsStandby: true, LogEnd: { } end, NewestTimeline: { } newest } && newest.Timeline > end.Timeline && (o.Upstream != source || o.Status is { Receiver: not { Status: "streaming" } })
            && !DataLineage.Names(lineage, newest.Timeline, newest.Left)
            ? new Stop(StopMode.Fast, "TimelineOfAnother", $"the history of timeline {newest.Timeline} that is here is not that of {source.Name}")
            : null;

    /// <summary>
    /// The holder confirms its reign, or the other site begins one, while this instance follows: what its volume says of its data must not lag behind what arrives, or its position in an
    /// election would be that of an earlier reign.
    /// </summary>
    public static InstanceAction? LineageGrew(InstanceObservation o) =>
        o is { RunsStandby: true, LogEnd: not null, Upstream: not null, Record: { Lineage.IsEmpty: false } record } && o.Upstream == LocalUpstream.Of(o) && !o.Volume.Lineage.SequenceEqual(record.Lineage)
            && RejoinRules.Judge(o.LogLineage!, record.Lineage, record.ElectedEnd) is RejoinVerdict.Follow
            ? new NoteLineage("LineageGrew", "the holder's history has more than this volume knows")
            : null;

    /// <summary>Again and again: what its log tells is seen only once it is replayed.</summary>
    public static InstanceAction? ReignUnknown(InstanceObservation o) => o.ReignUnknown ? AskAgain(o) : null;

    public static LearnLineage? AskAgain(InstanceObservation o) => o.LineageAsked is not { } asked || o.Now - asked.At > AskInterval ? Learn : null;

    /// <summary>
    /// Slots do not outlive a rewind or a copy of the one that is followed: whoever followed it before, and follows it still, has no place there until it asks for it.
    /// </summary>
    public static InstanceAction? Detached(InstanceObservation o) =>
        o.DetachedSince is { } since && o.Now - since > DetachedLimit && LocalUpstream.Of(o) is { } source && o.Upstream == source && HolderReady(o)
            ? new Attach(source, "NotStreaming", $"nothing has come from {source.Name} for {(o.Now - since).TotalSeconds:0.0} s: its slot there is made again where it is gone")
            : null;

    /// <summary>
    /// A WAL receiver waits for its connection as long as the system does, connect_timeout or not: two minutes for an address where nobody is any more, as a Service's may be
    /// just when its pod has gone.
    /// </summary>
    public static InstanceAction? Connecting(InstanceObservation o) => o.Status is { Connecting: { } receiver } && receiver.For > ConnectLimit
        ? new Reconnect(receiver.Pid, "NotConnected", $"the WAL receiver has been connecting for {receiver.For.TotalSeconds:0.0} s: it begins anew")
        : null;

    /// <summary>
    /// The other site's main standby comes through a Service, whose word may be old: connected just when this instance had given the record away, it would stream on from
    /// here for good, where its primary does not see it. Ended, it comes again, and finds the holder.
    /// </summary>
    public static InstanceAction? Strangers(InstanceObservation o)
    {
        if (o.Status is not { InRecovery: true } status) return null;
        var known = o.Peers.Select(p => p.Incarnation).OfType<Incarnation>().Union(o.Record!.Members).Select(i => i.ReplicationName).ToHashSet(StringComparer.Ordinal);
        var copying = status.Senders.Where(s => s.State is not ("streaming" or "catchup")).Select(s => s.ApplicationName).ToHashSet(StringComparer.Ordinal);
        var strangers = status.Senders.Where(s => s.IsInstance && !known.Contains(s.ApplicationName) && !copying.Contains(s.ApplicationName)).ToList();
        return strangers.Count > 0
            ? new EndStreams([.. strangers.Select(s => s.Pid)], "NotHolder", $"{string.Join(", ", strangers.Select(s => s.ApplicationName))} of the other site streams from here, and belongs to the holder")
            : null;
    }

    public static InstanceAction? Configured(InstanceObservation o) =>
        o.Process.Running && o.Status is not null && o.ConfigurationDrift ? new ApplyConfiguration("Drift", "the configuration differs from what is wanted") : null;

    /// <summary>Follow, wait, rewind or rebuild, as the lineage says.</summary>
    public static InstanceAction Rejoin(InstanceObservation o, UpstreamTarget source, ImmutableList<LineageEntry> lineage, Lsn? electedEnd)
    {
        if (o.Record!.SystemIdentifier is { } wanted && o.OtherSite is { } other && other.SystemIdentifier != wanted)
            return new Hold("SystemIdentifierMismatch", $"the other site's database is {other.SystemIdentifier}, this one {wanted}");
        var mine = o.LogLineage!;
        switch (RejoinRules.Judge(mine, lineage, electedEnd))
        {
            case RejoinVerdict.Rewind or RejoinVerdict.Rebuild when o.ReignUnasked:
                return Learn;
            // Once: where the server has not answered, or its database has not told, there is no more to be had from it.
            case RejoinVerdict.Rewind or RejoinVerdict.Rebuild when mine.EndsUnattributed && !o.Process.Running && o.RewindImpossible is null && o.LineageAsked?.Timeline != mine.Timeline && o.Volume.PromotedByHand != mine.Timeline:
                return new StartStandby(null, Learn.Reason, Learn.Message);
            // By the number alone it would be taken for that of a winner who has not confirmed his yet, whoever began it; and what it says of its end would be counted [C2].
            case RejoinVerdict.Follow when mine.EndsUnattributed && lineage is [.., { Timeline: null }] && !IsLeftWhereElected(o, mine, electedEnd):
                return new Wait("HolderUnconfirmed", $"its log ends on timeline {mine.Timeline}, and which timeline the holder has begun is not confirmed yet");
            case RejoinVerdict.Follow follow:
                return o.Process.Running ? new Repoint(source, follow.Reason, follow.Message) : new StartStandby(source, follow.Reason, follow.Message);
            case RejoinVerdict.Wait wait:
                return new Wait(wait.Reason, wait.Message);
            case RejoinVerdict.Rewind rewind when o.Process.Running:
                return new Stop(StopMode.Fast, rewind.Reason, rewind.Message);
            case RejoinVerdict.Rewind when o.RewindImpossible is { } why:
                return Rebuild(o, "RewindNotPossible", why);
            case RejoinVerdict.Rewind rewind when !o.Settings.AutoRejoin:
                return new Hold("Diverged", rewind.Message + "; spec.autoRejoin is false");
            case RejoinVerdict.Rewind when o.NothingToRewindAt is { } vain && o.Now - vain < RewindInterval:
                return new Wait(NothingToRewindReason, "by the control files there is nothing to rewind yet: it is tried again in a moment");
            case RejoinVerdict.Rewind rewind:
                return o.IsHolder || HolderReady(o) ? new Rewind(source, rewind.Fork, rewind.Reason, rewind.Message) : new Wait("HolderNotReady", "the rewind begins when the holder is there");
            case RejoinVerdict.Rebuild rebuild:
                return Rebuild(o, rebuild.Reason, rebuild.Message);
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Its receiver has followed the winner onto his timeline: that leaves the one before where the winner's log ended.</summary>
    private static bool IsLeftWhereElected(InstanceObservation o, DataLineage mine, Lsn? electedEnd) =>
        electedEnd is not null && o.Volume.PromotedByHand != mine.Timeline && o.NewestTimeline is { } newest && newest.Timeline == mine.Timeline && mine.Entries[^1].Timeline is { } before && DataLineage.LeftAt(before, newest.Left) == electedEnd;

    /// <summary>The volume's present life is of no use any more; it ends only once nothing counts on it.</summary>
    public static InstanceAction Rebuild(InstanceObservation o, string reason, string message)
    {
        if ((!o.Settings.AutoRejoin || WroteHere(o)) && Unconsented(o, message) is { } held) return held;
        if (CountedByOtherSite(o) is { } counted) return counted;
        // A main standby is itself the holder: nobody else could let it out, and of a reign that is over nothing is acknowledged any more. What the clauses kept was given up, or is the other site's too.
        if (InsideClause(o))
            return o is { IsHolder: true, Record.RunMode: RunMode.Standby }
                ? new LeaveClauses(reason, message + "; the clauses of this site's own reign go first")
                : new Wait(InsideClauseReason, "the holder must take this instance out of the synchronous set before its volume is rebuilt");
        if (o.Process.Running) return new Stop(StopMode.Fast, reason, message);
        return o.IsHolder || HolderReady(o) ? new Discard(reason, message) : new Wait("HolderNotReady", "the base backup begins when the holder is there");
    }

    /// <summary>What keeps the volume's data until a person has named it; null: it was named.</summary>
    private static InstanceAction? Unconsented(InstanceObservation o, string message)
    {
        if (o.LogEnd is null && o.Volume is { Marker: VolumeMarker.None } && !o.Process.Running) return new Seal("LogEndUnknown", "where the log ends must be known before anybody can consent to its loss");
        var asked = o.Settings.Discard;
        if (Has(o) is not { } has) return new Hold(WouldDiscardReason, $"{message}; a base backup would discard this volume's data, and where its log ends is not known: to give it up, delete the claim {o.Me.Instance}");
        if (asked is not null && o.DiscardAccepted == asked && asked.Covers(has)) return null;
        if (asked == has) return new AcceptDiscard(has, "DiscardConsented", $"spec.discardData names what this volume has: {has}");
        var why = WroteHere(o) ? "what was committed at this site and is nowhere else" : "this volume's data";
        return new Hold(WouldDiscardReason, $"{message}; a base backup would discard {why}; to consent, set spec.discardData: {has}{(asked is null ? "" : $" (it is {asked}, which is not that)")}");
    }

    /// <summary>Which database this volume has, and up to where: of one half rewound, up to where it went before.</summary>
    private static DiscardConsent? Has(InstanceObservation o) =>
        (o.LogEnd ?? o.Volume.RewoundFrom) is { } end && (o.Volume.Record?.SystemIdentifier ?? o.Record!.SystemIdentifier) is { } system ? new DiscardConsent(system, end.Timeline, end.End) : null;

    /// <summary>
    /// Whether the log of a main standby has, beyond what the other site has, anything of a reign of its own site: commits that were acknowledged here and are nowhere else. What it only received
    /// from the other site, and that site does not have any more, is nobody's.
    /// </summary>
    private static bool WroteHere(InstanceObservation o)
    {
        if (!o.IsHolder) return false;
        var end = o.LogEnd ?? o.Volume.RewoundFrom;
        var mine = end is not null ? o.Volume.LogOf(end.Timeline, end.End).Entries : o.Volume.Lineage;
        var theirs = o.OtherSite?.Entries ?? [];
        for (var i = 0; i < mine.Count; i++)
        {
            if (mine[i].PairEpoch is { } epoch && epoch.Site != o.Site) continue;
            var shared = theirs.FindIndex(mine[i].SameReign);
            if (shared < 0) return true;
            // A reign that both have: the other site's history left it somewhere, and this log may go on in it.
            var wrote = i + 1 < mine.Count ? mine[i + 1].SwitchPoint : end?.End;
            if (shared + 1 < theirs.Count && theirs[shared + 1].SwitchPoint is { } left && (wrote is null || wrote > left)) return true;
        }
        return false;
    }

    /// <summary>What the other site acknowledged by this volume would be gone: its operator lets it go first, asked by this site's.</summary>
    private static Wait? CountedByOtherSite(InstanceObservation o) =>
        o.Record!.Named == o.Me ? new Wait(CountedByOtherSiteReason, "the other site must count this instance no more before its volume is rebuilt") : null;

    /// <summary>A member leaves all clauses before its volume is rebuilt or wiped: what they counted on it would be gone.</summary>
    private static bool InsideClause(InstanceObservation o) => o.Record!.Quorums.Any(c => c.Members.Contains(o.Me) || c.Holder == o.Me && c.Epoch == o.Record.Epoch);

    public static bool HolderReady(InstanceObservation o) => o.Peers.FirstOrDefault(p => p.Incarnation == o.Record!.Holder) is { Reachable: true };
}
