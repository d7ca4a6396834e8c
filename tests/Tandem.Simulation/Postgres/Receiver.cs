using Tandem.Postgres;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Postgres;

/// <summary>A WAL receiver, from its connecting to its end.</summary>
public sealed class Receiver(Server owner, int pid, ReplicationSource source)
{
    /// <summary>As wal_receiver_timeout and wal_sender_timeout are set.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(5);

    /// <summary>TCP's own patience with an address where nobody answers.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _begun = owner.Now;
    private Sender? _peer;
    private Pipe? _to;
    private TimeSpan _heardAt;
    private ulong _replayedAtStart;
    private ulong _written;

    public int Pid => pid;
    public bool IsOver { get; private set; }
    public bool IsConnected => _peer is not null;
    public string? Host { get; private set; }
    public TimeSpan ConnectingFor => owner.Now - _begun;
    public uint Timeline { get; private set; }
    public ulong LatestEnd { get; private set; }

    public void Begin()
    {
        owner.Process.After(ConnectLimit, () =>
        {
            if (!IsConnected) End("nobody answers");
        });
        if (!owner.HasCredential(source)) End("no key");
        else TryHost(source.Host.Split(','), 0);
    }

    public void End(string why)
    {
        if (IsOver) return;
        IsOver = true;
        _to?.Break();
        // Whoever loses power says nothing; else the socket does, if the network lets it. The walsender finds out by the silence.
        if (owner.Machine.IsUp && _peer is { } peer && owner.Wires.IsOpen(owner.Place, peer.OwnerPlace)) peer.PeerEnded();
        if (owner.Trace.IsOn) owner.Trace.Write(owner.Name, $"receiver {pid} ends: {why}");
        owner.ReceiverEnded(this);
    }

    /// <summary>The sender is gone: the socket says so, if the network lets it.</summary>
    public void LoseSoon()
    {
        if (!IsOver && owner.Wires.IsOpen(Host is null ? owner.Place : _peer!.OwnerPlace, owner.Place)) owner.Process.After(owner.Chance.Milliseconds(0.2, 2), () => End("the sender has closed"));
    }

    public void Take(WalRecord[] records, uint timeline)
    {
        if (IsOver || owner.IsDead) return;
        owner.Process.Run(() =>
        {
            if (IsOver) return;
            _heardAt = owner.Now;
            Timeline = timeline;
            LatestEnd = records[^1].End;
            if (!owner.Disk.CanWrite)
            {
                owner.Panic("could not write to log file");
                return;
            }
            foreach (var record in records) owner.Receive(record);
            _written = Math.Max(_written, records[^1].End);
            owner.Flush(Reply);
        });
    }

    /// <summary>What the sender sends now and then, so that silence means something.</summary>
    public void Keepalive()
    {
        if (IsOver) return;
        owner.Process.Run(() =>
        {
            _heardAt = owner.Now;
            Reply();
        });
    }

    public void TimelineEnds(uint timeline, ulong switchPoint, SortedDictionary<uint, Branch> theirs)
    {
        if (IsOver) return;
        owner.Process.Run(() =>
        {
            if (IsOver || _peer is null) return;
            Reply();
            owner.LearnHistory(theirs);
            var next = owner.NextTimeline(timeline, switchPoint);
            if (next is not { } follows || owner.Replayed > switchPoint || owner.Data.Log.End > switchPoint)
            {
                End($"timeline {timeline} ends at {new Lsn(switchPoint)}, behind what was replayed here");
                return;
            }
            var peer = _peer;
            _to!.Send(() => peer.Restart(follows));
        });
    }

    public void Reply()
    {
        if (IsOver || _peer is not { } peer) return;
        // What was replayed when this receiver began is told as flushed, on whatever history.
        var flushed = Math.Max(_replayedAtStart, Math.Min(_written, owner.Data.Flushed));
        var written = Math.Max(flushed, _written);
        var replayed = owner.Replayed;
        _to!.Send(() => peer.HearFrom(written, flushed, replayed));
    }

    public WalReceiver? Describe() => _peer is null ? null : new WalReceiver(pid, "streaming", Host, new TimelineId(Timeline), new Lsn(LatestEnd));

    private void TryHost(string[] hosts, int index)
    {
        if (IsOver) return;
        if (index >= hosts.Length)
        {
            End("refused everywhere");
            return;
        }
        if (owner.Addresses.Find(hosts[index], owner.Place) is not { } found) return; // nobody is there: no answer, until the limit
        owner.Wires.Send(owner.Place, found.Place, () =>
        {
            var refusal = found.Server is { } server && !server.IsDead ? null : "connection refused";
            if (refusal is not null)
            {
                Answer(found.Place, () => TryHost(hosts, index + 1));
                return;
            }
            found.Server!.Process.After(owner.Chance.Milliseconds(1, 6), () => Accept(found.Server!, found.Place, hosts, index));
        });
    }

    /// <summary>In the other server's process.</summary>
    private void Accept(Server server, string place, string[] hosts, int index)
    {
        var end = owner.Data.Log.End;
        var timeline = owner.Data.TimelineAt(end);
        var refusal = server.WhyNotStreaming(owner.Data, timeline, end / WalLog.SegmentSize * WalLog.SegmentSize, source);
        if (refusal is not null)
        {
            Answer(place, () =>
            {
                if (refusal.StartsWith("the database system", StringComparison.Ordinal)) TryHost(hosts, index + 1);
                else End(refusal);
            });
            return;
        }
        var events = owner.World.Events;
        var down = new Pipe(events, owner.Wires, place, owner.Place);
        var up = new Pipe(events, owner.Wires, owner.Place, place);
        var sender = server.Stream(source, this, owner.Data, timeline, owner.Place, down, up);
        down.Send(() => owner.Process.Run(() => Connected(sender, up, hosts[index])));
    }

    private void Connected(Sender sender, Pipe up, string host)
    {
        if (IsOver)
        {
            sender.PeerEnded();
            return;
        }
        (_peer, _to, Host, _heardAt) = (sender, up, host, owner.Now);
        Timeline = sender.Timeline;
        _replayedAtStart = owner.Replayed;
        LatestEnd = owner.Data.Log.End;
        if (owner.Trace.IsOn) owner.Trace.Write(owner.Name, $"receiver {pid} streams from {host} on timeline {Timeline}");
        owner.Witness.Streams(owner);
        Reply();
        owner.LearnHistory(sender.OwnerHistory);
        Watch();
    }

    private void Watch() => owner.Process.After(StatusInterval, () =>
    {
        if (IsOver) return;
        if (owner.Now - _heardAt > SilenceLimit)
        {
            End("nothing was heard for 5 s");
            return;
        }
        Reply();
        Watch();
    });

    private void Answer(string place, Action answer) => owner.Wires.Send(place, owner.Place, () => owner.Process.Run(answer));
}
