using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Record;

/// <summary>What is known of the record, and since when.</summary>
/// <param name="Exists">False: the API says that there is none. Null: never read yet.</param>
/// <param name="ReadAt">Boot-clock time at which the last successful read was *sent*: what it says was true then or later.</param>
/// <param name="Unreadable">Why the Lease that is there holds no readable record; null where it does.</param>
public sealed record RecordReading(PrimaryRecord? Record, bool? Exists, TimeSpan? ReadAt, bool Reachable, string? Unreadable)
{
    /// <summary>
    /// Boot-clock time at which the first read was answered of those that have all succeeded since; null before the first. When it was sent says nothing: it may have hung until the network was
    /// mended, and what others have obeyed meanwhile has not been heard for longer because of it. Nor before the process was paused last.
    /// </summary>
    public TimeSpan? ReachableSince { get; init; }

    /// <summary>
    /// The reign, or election (nobody holds it), that this agent knows to have begun in its life: its own swap has begun it, or the watch has told of the change. What a read or a list shows instead may be one of before, which
    /// the API server went back to; a watch goes on from the version that it had come to, or ends.
    /// </summary>
    public (Epoch Epoch, Incarnation? Holder)? Begun { get; init; }

    /// <summary>
    /// The newest record known, in this life or by the volume, which may not have taken down all that was seen (a full disk): nothing is swapped over one that is older, but what is to take its place.
    /// </summary>
    public PrimaryRecord? Newest { get; init; }

    public static readonly RecordReading Never = new(null, null, null, false, null);
}

/// <summary>Outcome of one swap of the record. A closed set.</summary>
public abstract record RecordSwap
{
    private RecordSwap() { }

    /// <summary>Landed; <paramref name="SentAt"/> is the boot-clock time before it was sent: what leases are counted from.</summary>
    public sealed record Applied(PrimaryRecord Record, TimeSpan SentAt) : RecordSwap;

    /// <summary>The live read no longer called for it; nothing was sent.</summary>
    public sealed record Moot(PrimaryRecord? Record) : RecordSwap;

    /// <summary>Nothing was sent: the API server cannot be read, or could not since this was decided on.</summary>
    public sealed record Unsent : RecordSwap;

    /// <summary>Somebody else wrote first; nothing landed.</summary>
    public sealed record Lost : RecordSwap;

    /// <summary>It may have landed, or may still. Nothing may lean on either until a later swap of one's own succeeds [C9].</summary>
    public sealed record Unknown(string Message) : RecordSwap;
}
