using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>State of the record (protocol, section 1). A closed set: switch over it.</summary>
public abstract record RecordState
{
    private RecordState() { }

    /// <summary>The holder may run; it alone starts read-write, after a swap of <c>run</c>.</summary>
    public sealed record Stable : RecordState { public override string ToString() => "Stable"; }

    /// <summary>No holder: members promise, then one is elected.</summary>
    public sealed record Electing : RecordState { public override string ToString() => "Electing"; }

    /// <summary>A planned switchover to <paramref name="Target"/>; past <paramref name="Deadline"/> the old holder is swapped back. No server starts out of this state [C5].</summary>
    public sealed record HandingOver(Incarnation Target, DateTimeOffset Deadline) : RecordState { public override string ToString() => $"HandingOver({Target.Instance})"; }

    public static readonly RecordState IsStable = new Stable();
    public static readonly RecordState IsElecting = new Electing();
}
