using Tandem.Agent.Jobs;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Links;
using Tandem.Resources.Values;

namespace Tandem.Agent.Fencing;

/// <summary>
/// The holds that this member has given to an asynchronous holder (protocol, section 4): until one ends, nothing is promised above its epoch [C10b]. They are
/// on the disk before they are given; an agent that restarts is bound for the whole length again, since it cannot know when it began.
/// </summary>
public sealed class HoldBook
{
    private readonly InstanceMemory _memory;
    private readonly TimeProvider _time;

    public HoldBook(InstanceMemory memory, TimeProvider time)
    {
        (_memory, _time) = (memory, time);
        if (memory.Volume.HoldLength > TimeSpan.Zero) Until = time.BootTime() + memory.Volume.HoldLength;
    }

    /// <summary>By the boot clock; null: none was ever given.</summary>
    public TimeSpan? Until { get; private set; }

    /// <summary>Confirms that nothing is promised above the asker's epoch, and holds to that where asked. Says no to a hold while one for an earlier epoch stands.</summary>
    public HoldAnswer Give(HoldRequest request)
    {
        var epoch = new Epoch(request.Epoch);
        if (_memory.Volume.Promise > epoch) return new HoldAnswer(false, _memory.Volume.Promise.Value);
        if (request.Milliseconds > 0)
        {
            // Whoever was given the one that has not ended leans on it still, and one book keeps one epoch: a later reign's would let this volume promise that very epoch meanwhile [C10b].
            if (Until > _time.BootTime() && _memory.Volume.HoldEpoch < epoch) return new HoldAnswer(false, _memory.Volume.Promise.Value);
            var length = TimeSpan.FromMilliseconds(Math.Min(request.Milliseconds, 60_000));
            _memory.Remember(state => state with { HoldEpoch = epoch, HoldLength = length > state.HoldLength ? length : state.HoldLength });
            var until = _time.BootTime() + length;
            if (Until is null || until > Until) Until = until;
        }
        return new HoldAnswer(true, _memory.Volume.Promise.Value);
    }
}
