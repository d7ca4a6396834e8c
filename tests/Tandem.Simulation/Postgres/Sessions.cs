namespace Tandem.Simulation.Postgres;

/// <summary>How a client wants its commit.</summary>
public enum CommitMode
{
    /// <summary>synchronous_commit = on.</summary>
    Synchronous,

    /// <summary>local: flushed here, and nobody is waited for.</summary>
    Local,

    /// <summary>off: not even that.</summary>
    Off,
}

/// <summary>What became of a commit, as its client sees it.</summary>
public enum CommitOutcome
{
    Committed,

    /// <summary>With the warning that it may not have been replicated.</summary>
    CommittedWithWarning,
    Failed,

    /// <summary>The connection broke: it may be there, or not.</summary>
    Unknown,
}

/// <summary>A client's connection.</summary>
public sealed class Session(Server server, int number, Action<string> closed)
{
    public Server Server => server;
    public int Number => number;
    public bool IsOver { get; private set; }

    public void End(string why)
    {
        if (IsOver) return;
        IsOver = true;
        closed(why);
    }
}

/// <summary>Clients' connections to one server, and what they do there.</summary>
public sealed class Sessions(Server server)
{
    private readonly List<Session> _sessions = [];
    private readonly List<int> _visible = [];
    private readonly List<(Session Session, Action Freed, Action<CommitOutcome> Answer, int Row)> _committing = [];
    private bool _recoveredShown;
    private int _next;

    public int Count => _sessions.Count;

    /// <summary>Why this one may not come in; null: it may.</summary>
    public string? WhyNot()
    {
        if (!server.Accepts || server.IsOrphaned) return "the database system is not accepting connections";
        return server.LetsClientsIn ? null : "no pg_hba.conf entry";
    }

    public Session Open(Action<string> closed)
    {
        var session = new Session(server, _next++, closed);
        _sessions.Add(session);
        return session;
    }

    /// <summary>The client has gone. A backend that waits for its commit does not notice before that is over.</summary>
    public void Leave(Session session)
    {
        _sessions.Remove(session);
        session.End("left");
    }

    /// <summary>pg_terminate_backend of every client, or a shutdown.</summary>
    public void EndAll(string why)
    {
        foreach (var session in _sessions.ToList()) End(session, why);
    }

    public void End(Session session, string why)
    {
        foreach (var commit in _committing.Where(c => c.Session == session).ToList())
        {
            // The commit stands, and others see it from now on.
            if (!server.IsDead) GiveUp(commit);
            commit.Answer(CommitOutcome.Unknown);
        }
        _sessions.Remove(session);
        session.End(why);
    }

    /// <summary>pg_cancel_backend of one that waits for its commit: a user's own doing.</summary>
    public bool CancelOneWait()
    {
        if (_committing.Count == 0) return false;
        var commit = _committing[0];
        GiveUp(commit);
        commit.Answer(CommitOutcome.CommittedWithWarning);
        return true;
    }

    public void Commit(Session session, int row, CommitMode mode, Action<CommitOutcome> answer)
    {
        if (session.IsOver)
        {
            answer(CommitOutcome.Unknown);
            return;
        }
        if (server.Phase != ServerPhase.Primary)
        {
            answer(CommitOutcome.Failed);
            return;
        }
        if (!server.Disk.CanWrite)
        {
            server.Panic("could not write to log file");
            return;
        }
        var record = server.Append(new WalPayload.Row(row), server.Chance.Next(60, 600));
        if (mode == CommitMode.Off)
        {
            Show(row);
            server.Flush(null);
            answer(CommitOutcome.Committed);
            return;
        }
        var done = false;
        Action freed = null!;
        freed = () =>
        {
            if (done) return;
            done = true;
            _committing.RemoveAll(c => c.Freed == freed);
            Show(row);
            if (mode == CommitMode.Synchronous && !session.IsOver) server.Witness.Acknowledged(server, row);
            answer(session.IsOver ? CommitOutcome.Unknown : CommitOutcome.Committed);
        };
        _committing.Add((session, freed, answer, row));
        server.Flush(() =>
        {
            if (mode == CommitMode.Local) freed();
            else if (!done) server.Synchronous.Wait(record.End, freed);
        });
    }

    /// <summary>The newest rows that a reader sees here now.</summary>
    public IReadOnlyList<int> Read(int limit)
    {
        if (server.Phase == ServerPhase.Primary) TakeInRecovered();
        else TakeInReplayed();
        return _visible.Count <= limit ? _visible : _visible.GetRange(_visible.Count - limit, limit);
    }

    /// <summary>What was recovered is seen by everybody, acknowledged or not.</summary>
    private void TakeInRecovered()
    {
        if (_recoveredShown) return;
        _recoveredShown = true;
        var shown = _visible.ToHashSet();
        var waiting = _committing.Select(c => c.Row).ToHashSet();
        var recovered = server.Data.Log.Rows().Where(r => !shown.Contains(r) && !waiting.Contains(r)).ToList();
        _visible.InsertRange(0, recovered);
    }

    private void TakeInReplayed()
    {
        _visible.Clear();
        var count = server.Data.Log.CountUpTo(server.Replayed);
        for (var i = Math.Max(0, count - 40); i < count; i++)
            if (server.Data.Log[i].Payload is WalPayload.Row row)
                _visible.Add(row.Id);
    }

    private void Show(int row) => _visible.Add(row);

    private void GiveUp((Session Session, Action Freed, Action<CommitOutcome> Answer, int Row) commit)
    {
        _committing.Remove(commit);
        server.Synchronous.GiveUp(commit.Freed);
        Show(commit.Row);
    }
}
