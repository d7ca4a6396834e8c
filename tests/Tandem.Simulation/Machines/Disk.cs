using Tandem.Agent.State;

namespace Tandem.Simulation.Machines;

/// <summary>One life of a volume: what the claim of one UID is bound to. What was not flushed is lost with the power of the machine that has it mounted.</summary>
public sealed class Disk(string claimUid)
{
    public string ClaimUid => claimUid;

    /// <summary>The agent's own file. Written atomically and flushed.</summary>
    public VolumeState? AgentState { get; set; }

    /// <summary>The data directory; null: empty. Owned by the model of PostgreSQL.</summary>
    public object? Data { get; set; }

    /// <summary>The machine that it is mounted on, or was last: whose power it hangs on.</summary>
    public Machine? Machine { get; set; }

    /// <summary>Every write fails.</summary>
    public bool IsFull { get; set; }

    /// <summary>Writes go through to the cache; fsync fails.</summary>
    public bool FsyncFails { get; set; }

    /// <summary>What a flush takes more than usual.</summary>
    public TimeSpan Slowness { get; set; }

    /// <summary>It is lost: whoever mounts it finds nothing, whoever has it mounted gets errors.</summary>
    public bool IsLost { get; set; }

    public bool CanWrite => !IsFull && !IsLost;
    public bool CanFlush => CanWrite && !FsyncFails;
}
