namespace Tandem.Simulation.Postgres;

/// <summary>
/// Commits that wait for standbys. Whether commits wait at all is what the checkpointer has published last; who frees them is each walsender by its own setting, counting whoever has a
/// priority by that one's own.
/// </summary>
public sealed class SynchronousReplication(Server server, Standbys setting, bool publishesLate)
{
    private readonly List<(ulong Position, Action Freed)> _waiting = [];
    private Standbys _ofCheckpointer = setting;
    private Standbys _latest = setting;

    /// <summary>As published: commits wait.</summary>
    public bool IsDefined { get; private set; } = !publishesLate && setting.IsDefined;

    /// <summary>By its configuration commits wait, and the checkpointer has not said so yet.</summary>
    public bool IsUnpublished => !IsDefined && _latest.IsDefined;

    /// <summary>The server takes writes: an older checkpointer says only now, or a moment later, that commits wait.</summary>
    public void Begin()
    {
        if (publishesLate) server.Process.After(server.Chance.LongTailed(TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(800)) + server.World.CheckpointersLate, PublishNow);
        else PublishNow();
    }

    public void ReloadSoon(Standbys latest)
    {
        _latest = latest;
        server.Process.After(server.Chance.LongTailed(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(2)), PublishNow);
    }

    /// <summary>The checkpointer reads its settings, and publishes.</summary>
    public void PublishNow()
    {
        _ofCheckpointer = _latest;
        if (IsDefined == _ofCheckpointer.IsDefined) return;
        IsDefined = _ofCheckpointer.IsDefined;
        server.Witness.Changed(server);
        if (IsDefined) return;
        foreach (var (_, freed) in Take(_ => true)) freed();
    }

    /// <summary>The record at this position is flushed here; <paramref name="freed"/> when the client may be told.</summary>
    public void Wait(ulong position, Action freed)
    {
        if (!IsDefined) freed();
        else _waiting.Add((position, freed));
    }

    /// <summary>A wait was given up: the commit stands, and nobody waits for it any more.</summary>
    public void GiveUp(Action freed) => _waiting.RemoveAll(w => w.Freed == freed);

    public void Clear() => _waiting.Clear();

    /// <summary>What a walsender does at a reply of its standby.</summary>
    public void Release(Sender sender)
    {
        if (!sender.Counts) return;
        var flushed = server.Senders.Where(s => s.Counts).Select(s => s.Flushed!.Value).OrderDescending().ToList();
        if (flushed.Count < sender.Standbys.Acknowledgements) return;
        var position = flushed[sender.Standbys.Acknowledgements - 1];
        foreach (var (_, freed) in Take(w => w.Position <= position)) freed();
    }

    private List<(ulong Position, Action Freed)> Take(Predicate<(ulong Position, Action Freed)> which)
    {
        var taken = _waiting.FindAll(which);
        if (taken.Count > 0) _waiting.RemoveAll(which);
        return taken;
    }
}
