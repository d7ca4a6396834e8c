using Tandem.Postgres;

namespace Tandem.Simulation.Postgres;

/// <summary>What a record of the log is about, as far as anybody here asks.</summary>
public abstract record WalPayload
{
    /// <summary>A client's row.</summary>
    public sealed record Row(int Id) : WalPayload;

    /// <summary>The holder's own history, as kept in `tandem.lineage`.</summary>
    public sealed record Lineage(LineageRow Entry) : WalPayload;

    /// <summary>The first record of a timeline that a promotion began.</summary>
    public sealed record EndOfRecovery : WalPayload;

    public sealed record Checkpoint(bool Shutdown) : WalPayload;

    /// <summary>Anything else that a server writes by itself.</summary>
    public sealed record Other : WalPayload;

    public static readonly WalPayload Probe = new Other();
}

/// <summary>
/// One record. Two servers that wrote independently have different objects at the same place, even on the same timeline number: a copy is the same object.
/// </summary>
public sealed class WalRecord(uint timeline, ulong start, ulong end, WalPayload payload)
{
    public uint Timeline => timeline;
    public ulong Start => start;
    public ulong End => end;
    public WalPayload Payload => payload;
}
