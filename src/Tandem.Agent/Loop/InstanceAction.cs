using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>What the agent does next with its server, its volume and the record. A closed set; each with the reason that reports and logs show.</summary>
public abstract record InstanceAction(string Reason, string Message)
{
    /// <summary>All is as it should be.</summary>
    public sealed record Nothing(string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Something is not as it should be, and only a human or another party can change it. Not retried in a loop.</summary>
    public sealed record Hold(string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Not yet: a condition is awaited.</summary>
    public sealed record Wait(string Reason, string Message) : InstanceAction(Reason, Message);

    // ---- the record ----
    public sealed record Found(RunMode RunMode, PairEpoch? PairEpoch, string Reason, string Message) : InstanceAction(Reason, Message);
    /// <summary>A record in the place of one that was lost, or taken back to an older one.</summary>
    public sealed record RebuildRecord(PrimaryRecord Next, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Every volume of the standby site is lost: this instance takes the record as its main standby, with what it has.</summary>
    public sealed record BeginAnew(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Vacate(Epoch From, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Elect(PromiseReport Winner, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record TakeBack(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record SwapRun(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record CheckOtherSite(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record NameSystem(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record AdoptLineage(string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>A main standby, whose data is about to be given up, takes away what the record says of it.</summary>
    public sealed record LeaveClauses(string Reason, string Message) : InstanceAction(Reason, Message);

    // ---- promises ----
    public sealed record Promise(Epoch Epoch, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>A higher epoch has a holder already: remember it, stop what contradicts it.</summary>
    public sealed record Obey(Epoch Epoch, bool StopServer, string Reason, string Message) : InstanceAction(Reason, Message);

    // ---- the server ----
    public sealed record Stop(StopMode Mode, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record StartReadWrite(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record StartStandby(UpstreamTarget? Source, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Repoint(UpstreamTarget? Source, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Reconnect(int Receiver, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record EndStreams(IReadOnlyList<int> Senders, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Promote(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record PrepareAdmission(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Admit(string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Of the synchronous set, to a clause of this reign; or, where that stands already, of the setting alone.</summary>
    /// <param name="Remote">Who of the other site the setting names besides; null: nobody.</param>
    /// <param name="Counts">It is not counted yet, and is when that is done.</param>
    public sealed record ChangeSet(QuorumClause To, RemoteStandby? Remote, string Reason, string Message, bool Counts = false) : InstanceAction(Reason, Message);
    public sealed record AddMembers(IReadOnlyList<Incarnation> Members, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Who is no instance of the cluster any more is not electable.</summary>
    public sealed record DropMembers(IReadOnlyList<Incarnation> Members, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Makes the slot for the one of the other site that is counted, or is to be.</summary>
    public sealed record MakeSlot(string Slot, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Drops what was made so for others.</summary>
    public sealed record DropSlots(IReadOnlyList<string> Slots, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Has the slot on the one that is followed made again.</summary>
    public sealed record Attach(UpstreamTarget Source, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record ApplyConfiguration(string Reason, string Message) : InstanceAction(Reason, Message);
    /// <summary>Takes the site's lease at the arbiter.</summary>
    public sealed record HoldArbiter(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record HandOver(Incarnation Target, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Demote(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Exit(string Reason, string Message) : InstanceAction(Reason, Message);

    // ---- the volume ----
    public sealed record Initialize(string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>Asks the own database in whose reign the log ends.</summary>
    public sealed record LearnLineage(string Reason, string Message) : InstanceAction(Reason, Message);

    public sealed record NoteLineage(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Seal(string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record ReadOtherSite(UpstreamTarget Source, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record BaseBackup(UpstreamTarget Source, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <param name="Fork">Where the log left the source's history, by their lineages; null where it is overwritten already as far as that.</param>
    public sealed record Rewind(UpstreamTarget Source, Lsn? Fork, string Reason, string Message) : InstanceAction(Reason, Message);

    /// <summary>A person has named what a base backup would discard: from here on it may, whatever a stop still leaves out of it.</summary>
    public sealed record AcceptDiscard(DiscardConsent Consent, string Reason, string Message) : InstanceAction(Reason, Message);
    public sealed record Discard(string Reason, string Message) : InstanceAction(Reason, Message);

    public string Name => GetType().Name;

    /// <summary>Whether it only waits: nothing is started for it.</summary>
    public bool IsIdle => this is Nothing or Hold or Wait;

    /// <summary>
    /// Whether it may cut a running action short. A promise, obedience and a stop outrank whatever serves an epoch or an upstream that is over;
    /// an action of the same kind never interrupts itself.
    /// </summary>
    public bool Outranks(InstanceAction running) => (this, running) switch
    {
        (Promise or Obey or Stop or Demote or Exit, Promise or Obey or Stop or Demote or Exit) => false,
        // Nothing runs there but the rewind's own programs, a crash recovery among them that would otherwise be begun again and again.
        (Stop, Rewind) => false,
        (Promise promise, HandOver) => true,
        (Obey, HandOver) => true,
        (Promise or Obey or Stop or Demote or Exit, _) => true,
        (HandOver, ChangeSet or ApplyConfiguration or AddMembers or DropMembers) => true,
        (Vacate, BaseBackup or Rewind) => false,
        _ => false,
    };
}
