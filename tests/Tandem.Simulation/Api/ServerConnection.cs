using Tandem.Kubernetes.Client;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Api;

/// <summary>Something that is under way on a connection and ends with it.</summary>
internal interface IOnConnection
{
    void Fail(Exception failure);
}

/// <summary>
/// One process's HTTP/2 connection to one API server: made when it is needed, within a bound; asked by pings whether it lives, and dropped with all that is on it when
/// nothing is heard. What was sent on it may arrive all the same.
/// </summary>
internal sealed class ServerConnection
{
    private readonly SimulatedProcess _process;
    private readonly ApiServer _server;
    private readonly KubernetesClientOptions _options;
    private readonly List<IOnConnection> _open = [];
    private readonly List<Action> _unsent = [];
    private ITimer? _connecting;
    private ITimer? _pings;
    private TimeSpan _heard;
    private TimeSpan? _silentSince;
    private bool _isOpen, _isDisposed;
    private int _life;
    private int _attempt;

    public ServerConnection(SimulatedProcess process, string place, ApiServer server, KubernetesClientOptions options)
    {
        (_process, Place, _server, _options) = (process, place, server, options);
        server.Add(this);
        process.Ended += Abandon;
    }

    /// <summary>Of its client, in the network.</summary>
    public string Place { get; }

    public IEnumerable<IWatchStream> Watches => _open.OfType<IWatchStream>();

    public void Add(IOnConnection part) => _open.Add(part);

    public void Remove(IOnConnection part) => _open.Remove(part);

    /// <summary>Has <paramref name="arrive"/> called at the server, if that still is the one that the connection was made to; connects first where it must.</summary>
    public void Send(Action arrive)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(SimulatedKubernetesClient));
        if (_isOpen)
        {
            Transmit(arrive);
            return;
        }
        _unsent.Add(arrive);
        if (_connecting is null) Connect();
    }

    /// <summary>Something came from the server.</summary>
    public void Heard()
    {
        _heard = _server.Events.Now;
        _silentSince = null;
    }

    public void Break(string why)
    {
        if (!_isOpen && _connecting is null) return;
        Drop(new KubernetesUnreachableException(why, new IOException(why)));
    }

    /// <summary>The client is disposed of: whoever still waits for it gets what a cancelled request gives.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Drop(new KubernetesUnreachableException("the client is disposed of", new OperationCanceledException()));
        Abandon();
    }

    private void Abandon()
    {
        _server.Remove(this);
        _process.Ended -= Abandon;
        foreach (var part in _open.ToList()) part.Fail(new KubernetesUnreachableException("the process has ended"));
        _open.Clear();
        _unsent.Clear();
        _isOpen = false;
        _connecting?.Dispose();
        _pings?.Dispose();
    }

    private void Connect()
    {
        var attempt = ++_attempt;
        _connecting = _process.Time.CreateTimer(_ =>
        {
            if (attempt == _attempt && !_isOpen) Drop(new KubernetesUnreachableException($"no connection within {_options.ConnectTimeout.TotalSeconds:0.#} s", new IOException("connect timeout")));
        }, null, _options.ConnectTimeout, Timeout.InfiniteTimeSpan);
        _server.Wires.Send(Place, _server.Place, () =>
        {
            if (_server.IsSilent) return;
            var (isUp, life) = (_server.IsUp, _server.Life);
            _server.Wires.Send(_server.Place, Place, () =>
            {
                if (attempt != _attempt || _isOpen) return;
                if (isUp) Opened(life);
                else Drop(new KubernetesUnreachableException("connection refused", new IOException("connection refused")));
            });
        });
    }

    private void Opened(int life)
    {
        (_isOpen, _life) = (true, life);
        EndConnecting();
        Heard();
        _pings = _process.Time.CreateTimer(_ => Ping(), null, _options.KeepAlivePingDelay, _options.KeepAlivePingDelay);
        var unsent = _unsent.ToList();
        _unsent.Clear();
        foreach (var arrive in unsent) Transmit(arrive);
    }

    private void Transmit(Action arrive)
    {
        var life = _life;
        _server.Wires.Send(Place, _server.Place, () =>
        {
            if (_server.IsSilent) return;
            if (_server.IsUp && _server.Life == life) arrive();
            else _server.Wires.Send(_server.Place, Place, () => BreakLife(life));
        });
    }

    /// <summary>A server that does not know the connection any more resets it.</summary>
    private void BreakLife(int life)
    {
        if (_isOpen && _life == life) Break("connection reset by peer");
    }

    /// <summary>Only a silent connection is asked. The question itself is not sent: whether it would be answered is looked at.</summary>
    private void Ping()
    {
        if (!_isOpen) return;
        var now = _server.Events.Now;
        if (now - _heard < _options.KeepAlivePingDelay) return;
        var lives = !_server.IsSilent && _server.Wires.IsOpen(Place, _server.Place) && _server.Wires.IsOpen(_server.Place, Place);
        if (lives && (!_server.IsUp || _server.Life != _life)) Break("connection reset by peer");
        else if (lives) Heard();
        else if (_silentSince is { } since && now - since >= _options.KeepAlivePingTimeout) Break("the server does not answer pings");
        else _silentSince ??= now;
    }

    private void Drop(Exception why)
    {
        _isOpen = false;
        _silentSince = null;
        EndConnecting();
        _pings?.Dispose();
        _pings = null;
        _unsent.Clear();
        var parts = _open.ToList();
        _open.Clear();
        foreach (var part in parts) part.Fail(why);
    }

    private void EndConnecting()
    {
        _attempt++;
        _connecting?.Dispose();
        _connecting = null;
    }
}
