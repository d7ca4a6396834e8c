using System.Net;
using System.Net.Sockets;

namespace Tandem.Tests.Support;

/// <summary>A TCP proxy on loopback between a client and a server, for tests that cut the line at a chosen moment.</summary>
public sealed class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _target;
    private readonly CancellationTokenSource _end = new();
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepting;

    public LoopbackProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new UriBuilder(_target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    /// <summary>What the server answers is read and thrown away; requests still reach it.</summary>
    public volatile bool SwallowAnswers;

    /// <summary>Nothing passes in either direction, and no end says that the line is dead.</summary>
    public volatile bool Freeze;

    /// <summary>Connections that clients have made.</summary>
    public int Connections;

    /// <summary>Closes every connection that is open.</summary>
    public void Cut()
    {
        lock (_open)
        {
            foreach (var connection in _open) connection.Close();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref Connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException) // the listener was stopped
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var server = new TcpClient();
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, _end.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            client.Close(); // the server is down: so is the proxy, for this one
            return;
        }
        lock (_open) _open.AddRange([client, server]);
        await Task.WhenAll(PumpAsync(client, server, isAnswer: false), PumpAsync(server, client, isAnswer: true));
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var count = await from.GetStream().ReadAsync(buffer, _end.Token);
                if (count == 0) break;
                while (Freeze) await Task.Delay(10, _end.Token);
                if (isAnswer && SwallowAnswers) continue;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
        from.Close();
        to.Close();
    }
}
