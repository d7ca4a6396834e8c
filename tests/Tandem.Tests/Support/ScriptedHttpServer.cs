using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Tests.Support;

/// <summary>An HTTP/1.1 server that does what a test says with each request, among them what no well-kept server does: reading it all and hanging up.</summary>
public sealed class ScriptedHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, Reply?> _script;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Request> _requests = [];
    private readonly Task _accepting;

    /// <param name="script">Null: hang up without an answer.</param>
    public ScriptedHttpServer(Func<Request, Reply?> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public sealed record Request(string Method, string Path, string Body, int Connection);

    public sealed record Reply(int Status, string Body, string Headers = "", string ContentType = "application/json");

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public IReadOnlyList<Request> Requests
    {
        get { lock (_requests) return [.. _requests]; }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var connection = 1; ; connection++) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token), connection);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException) // the listener was stopped
        {
        }
    }

    private async Task ServeAsync(TcpClient client, int connection)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await ReadAsync(stream, connection) is { } request)
                {
                    lock (_requests) _requests.Add(request);
                    if (_script(request) is not { } reply) return;
                    var body = Encoding.UTF8.GetBytes(reply.Body);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {reply.Status} X\r\nContent-Type: {reply.ContentType}\r\n{reply.Headers}Content-Length: {body.Length}\r\n\r\n"), _end.Token);
                    await stream.WriteAsync(body, _end.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
            }
        }
    }

    private async Task<Request?> ReadAsync(NetworkStream stream, int connection)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0) return null;
            head.Append((char)one[0]);
        }
        var lines = head.ToString().Split("\r\n");
        var length = lines.Select(l => l.Split(':', 2)).Where(l => l[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(l => int.Parse(l[1], null)).SingleOrDefault();
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _end.Token);
        var words = lines[0].Split(' ');
        return new Request(words[0], words[1], Encoding.UTF8.GetString(body), connection);
    }
}
