using Tandem.Postgres;
using Tandem.Simulation.Network;
using Tandem.Resources.Values;

namespace Tandem.Simulation.Postgres;

/// <summary>A walsender. It decides by the setting that it has read itself, and counts whoever has a priority by that one's own setting.</summary>
public sealed class Sender(Server owner, int pid, string name, string? slot, string place, Pipe to, Standbys standbys)
{
    private bool _awake;
    private object? _read = owner.Configuration;

    public int Pid => pid;
    public string Name => name;
    public string? Slot => slot;
    public string Place => place;
    public Pipe To => to;
    public Receiver? Peer { get; set; }

    /// <summary>startup, catchup, streaming, backup.</summary>
    public string State { get; set; } = "startup";

    public ulong Sent { get; set; }
    public ulong? Written { get; private set; }
    public ulong? Flushed { get; private set; }
    public ulong? Replayed { get; private set; }

    /// <summary>The timeline that is sent; the owner's own, or one that it has left.</summary>
    public uint Timeline { get; set; }

    public TimeSpan HeardAt { get; set; }
    public bool IsOver { get; private set; }

    /// <summary>The setting as this process has read it.</summary>
    public Standbys Standbys { get; private set; } = standbys;

    public bool HasPriority => Standbys.IsDefined && Standbys.Names.Contains(name);
    public bool Counts => HasPriority && State == "streaming" && Flushed is > 0;

    /// <summary>Reads the setting; from now on it counts by that.</summary>
    public void Read(Standbys standbys)
    {
        _read = owner.Configuration;
        Standbys = standbys;
        owner.Release(this);
        Wake();
    }

    /// <summary>There may be something to send.</summary>
    public void Wake()
    {
        if (_awake || IsOver || State == "backup") return;
        _awake = true;
        owner.Process.After(owner.Chance.Milliseconds(0.05, 0.4), Send);
    }

    public void End()
    {
        if (IsOver) return;
        IsOver = true;
        to.Break();
        owner.Forget(this);
        Peer?.LoseSoon();
    }

    /// <summary>The other end is gone: the socket says so.</summary>
    public void PeerEnded()
    {
        if (!IsOver) owner.Process.After(owner.Chance.Milliseconds(0.1, 1), End);
    }

    public void Hear(ulong written, ulong flushed, ulong replayed)
    {
        if (IsOver) return;
        HeardAt = owner.Now;
        (Written, Flushed, Replayed) = (written, flushed, replayed);
        owner.Release(this);
    }

    /// <summary>Where its server is in the network.</summary>
    public string OwnerPlace => owner.Place;

    public SortedDictionary<uint, Branch> OwnerHistory => owner.Data.History;

    /// <summary>Hears in its own process, whatever the network brought.</summary>
    public void HearFrom(ulong written, ulong flushed, ulong replayed) => owner.Process.Run(() => Hear(written, flushed, replayed));

    /// <summary>The other end asks for the next timeline.</summary>
    public void Restart(uint timeline) => owner.Process.Run(() =>
    {
        if (IsOver) return;
        Timeline = timeline;
        State = "catchup";
        Wake();
    });

    public WalSender Describe() => new(pid, name, State, new Lsn(Sent), LsnOf(Written), LsnOf(Flushed), LsnOf(Replayed), HasPriority ? "quorum" : "async", HasPriority ? 1 : 0, place, slot, true);

    private static Lsn? LsnOf(ulong? value) => value is { } v ? new Lsn(v) : null;

    private void Send()
    {
        _awake = false;
        if (IsOver) return;
        // A signal that has come is looked at before anything more is sent: whoever shows a flush of what was written after a new session showed a setting goes by that setting.
        if (!ReferenceEquals(_read, owner.Configuration)) return;
        var limit = owner.SendableEnd;
        ulong? left = null;
        var isTorn = false;
        if (Timeline != owner.Timeline)
        {
            left = owner.Data.LeftAt(Timeline, owner.Timeline);
            if (left is null)
            {
                End(); // a cascade whose own history went another way
                return;
            }
            // Promoted from a timeline that it had not reached, it looks for the segment where the old one was left in a file of that timeline, and has none.
            var had = owner.Data.Log.EndOf(Timeline);
            isTorn = had < left;
            if (isTorn && Sent / WalLog.SegmentSize == left / WalLog.SegmentSize)
            {
                End();
                return;
            }
            limit = Math.Min(limit, isTorn ? had : left.Value);
        }
        var log = owner.Data.Log;
        var first = log.CountUpTo(Sent);
        var last = log.CountUpTo(limit);
        if (last > first)
        {
            var batch = new WalRecord[last - first];
            for (var i = 0; i < batch.Length; i++) batch[i] = log[first + i];
            Sent = batch[^1].End;
            var timeline = Timeline;
            to.Send(() => Peer?.Take(batch, timeline));
        }
        if (isTorn)
        {
            End();
            return;
        }
        if (left is { } switchPoint)
        {
            if (Sent < switchPoint && log.CountUpTo(switchPoint) > last) return;
            // The end of a timeline that the owner has left: told, and for a moment the stream looks caught up.
            State = "streaming";
            var history = new SortedDictionary<uint, Branch>(owner.Data.History);
            var ended = Timeline;
            to.Send(() => Peer?.TimelineEnds(ended, switchPoint, history));
            return;
        }
        if (State == "catchup" && Sent >= limit) State = "streaming";
        owner.Witness.Changed(owner);
    }
}
