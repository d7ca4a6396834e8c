using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tests.Support;
using Npgsql;
using Tandem.Postgres;
using Tandem.Postgres.Engines.PostgreSql;
using Tandem.Postgres.Processes;

namespace Tandem.Tests.Postgres.Support;

/// <summary>One real server of a test, driven through the production code; killed and removed at the end, whatever happened.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const int SigStop = 19;
    public const int SigCont = 18;

    private readonly TestFolder folder;
    private readonly Dictionary<string, string> parameters;

    private TestServer(TestFolder folder, int port, string name)
    {
        this.folder = folder;
        Port = port;
        Name = name;
        Options = OptionsFor(folder.Path, port, Lines.Enqueue);
        Server = new PostgresServer(Options, TimeProvider.System, NullLogger.Instance);
        parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "127.0.0.1", ["ssl"] = "on", ["wal_level"] = "replica", ["hot_standby"] = "on", ["max_wal_senders"] = "10",
            ["max_replication_slots"] = "10", ["wal_log_hints"] = "on", ["wal_retrieve_retry_interval"] = "200ms", ["shared_buffers"] = "16MB", ["max_connections"] = "40",
            ["wal_sender_timeout"] = "5s", ["wal_receiver_timeout"] = "5s", ["wal_receiver_status_interval"] = "1s", ["restart_after_crash"] = "off", ["max_wal_size"] = "1GB",
            ["wal_keep_size"] = "256MB",
        };
    }

    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public PostgresServerOptions Options { get; }
    public PostgresServer Server { get; }
    public ConcurrentQueue<string> Lines { get; } = new();
    public int Port { get; }
    public string Name { get; }
    public string Data => Options.DataDirectory;
    public string Wal => Path.Combine(Data, "pg_wal");
    public TestCertificates? Certificates { get; private set; }
    public ReplicationSource? Source { get; set; }

    public static string BinDirectory { get; } = EngineLocator.Find("/nonexistent");

    public static PostgresServerOptions OptionsFor(string root, int port, Action<string>? log = null) => new()
    {
        DataDirectory = Path.Combine(root, "data"),
        SocketDirectory = Path.Combine(root, "run"),
        SalvageDirectory = Path.Combine(root, "salvage"),
        TempDirectory = Path.Combine(root, "tmp"),
        Port = port,
        LaunchPrefix = [.. ServerUser.Prefix, "env", $"PG_OOM_ADJUST_FILE={BirthGate.FileOf(root)}"],
        LogSink = log ?? (_ => { }),
    };

    /// <summary>A server without data yet.</summary>
    public static async Task<TestServer> EmptyAsync(TestCertificates? certificates = null, string name = "server")
    {
        var folder = await TestFolder.MakeAsync();
        return new TestServer(folder, FreePort(), name) { Certificates = certificates ?? await TestCertificates.MakeAsync(folder.Below("tls")) };
    }

    /// <summary>A primary on a copy of the template, running.</summary>
    public static async Task<TestServer> PrimaryAsync(PostgresTemplate template, params (string Name, string Value)[] settings)
    {
        var server = await EmptyAsync(name: "primary");
        try
        {
            await Shell.RunAsync(["cp", "-a", template.DataDirectory, server.Data]);
            foreach (var (name, value) in settings) server.Set(name, value);
            await server.ConfigureAsync();
            await server.StartAsync(ServerMode.ReadWrite);
            await server.Server.EnsureRolesAsync(Soon);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A standby cloned from this server by the production code, streaming through a slot of its own.</summary>
    public async Task<TestServer> StandbyAsync(string name, bool start = true)
    {
        var standby = await EmptyAsync(Certificates, name);
        try
        {
            await Server.EnsureSlotAsync(name, Soon);
            standby.Source = await SourceAsync(name);
            await standby.Server.CloneAsync(standby.Source, name, new Progress<TransferProgress>(), Soon);
            await standby.ConfigureAsync();
            if (!start) return standby;
            await standby.StartAsync(ServerMode.Standby);
            await standby.StreamingAsync();
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>How another server comes to this one; a fresh key of its own, since starving removes it.</summary>
    public async Task<ReplicationSource> SourceAsync(string name, string user = "tandem_replication", string? slot = null) =>
        new("127.0.0.1", Port, user, name, user == "tandem_replication" ? slot ?? name : null, await Certificates!.ClientAsync(name + (user == "tandem_replication" ? "" : "-" + user)));

    public void Set(string name, string value) => parameters[name] = value;

    public void Unset(string name) => parameters.Remove(name);

    public async Task<bool> ConfigureAsync()
    {
        parameters["ssl_ca_file"] = Certificates!.Authority;
        parameters["ssl_cert_file"] = Certificates.ServerCertificate;
        parameters["ssl_key_file"] = Certificates.ServerKey;
        return await Server.WriteConfigurationAsync(Configuration(), Soon);
    }

    public ServerConfiguration Configuration() => new(
        parameters,
        [
            "local all postgres peer map=local",
            "hostssl replication tandem_replication 127.0.0.1/32 cert map=peers",
            "hostssl postgres tandem_rewind 127.0.0.1/32 cert map=peers",
            "local all all trust",
            "host all all 127.0.0.1/32 scram-sha-256",
        ],
        ["local root postgres", "local postgres postgres", $"local {Environment.UserName} postgres", $"peers {TestCertificates.PeerName} tandem_replication", $"peers {TestCertificates.PeerName} tandem_rewind"],
        Source);

    public async Task StartAsync(ServerMode mode)
    {
        await Server.StartAsync(mode, Soon);
        await AnswersAsync();
    }

    public async Task<ServerStatus> AnswersAsync()
    {
        var status = await Eventually.SeesAsync(
            () => Server.QueryStatusAsync(TimeSpan.FromSeconds(2), Soon),
            s => s is not null || !Server.Process.Running,
            $"{Name} answers");
        return status ?? throw new InvalidOperationException($"{Name} ended: {string.Join(" | ", Lines.TakeLast(12))}");
    }

    public Task<ServerStatus?> StreamingAsync() => Eventually.SeesAsync(() => Server.QueryStatusAsync(TimeSpan.FromSeconds(2), Soon), s => s?.Receiver?.Status == "streaming", $"{Name} streams");

    /// <summary>This standby has all that the primary has, and gets no more.</summary>
    public async Task StarveAsync(TestServer at)
    {
        var shared = (await at.AnswersAsync()).Flushed;
        await Eventually.SeesAsync(() => Server.QueryStatusAsync(TimeSpan.FromSeconds(1), Soon), s => s?.Replayed >= shared, $"{Name} has it");
        if (!await Server.StarveAsync(TimeSpan.FromSeconds(5), Soon)) throw new InvalidOperationException($"{Name} is not starved");
    }

    /// <summary>Changes settings and waits until a new connection sees the last of them.</summary>
    public async Task ReloadAsync(params (string Name, string Value)[] settings)
    {
        foreach (var (name, value) in settings) Set(name, value);
        await ConfigureAsync();
        Server.Reload();
        foreach (var (name, value) in settings) await Eventually.SeesAsync(() => Server.ShowAsync(name, Soon), v => v == value, $"{name} = {value}");
    }

    /// <summary>A plain client's session, as the superuser over the socket, with the server's own defaults.</summary>
    public async Task<NpgsqlConnection> ClientAsync(string options = "")
    {
        var connection = new NpgsqlConnection(
            string.Create(CultureInfo.InvariantCulture, $"Host={Options.SocketDirectory};Port={Port};Username=postgres;Database=postgres;Pooling=false;Application Name=client;Timeout=10;Command Timeout=60;Options={options}"));
        await connection.OpenAsync();
        return connection;
    }

    public async Task<string?> SqlAsync(string sql)
    {
        await using var connection = await ClientAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Stops every process of the server where it is, as a pause of its machine does.</summary>
    public void Freeze()
    {
        foreach (var pid in new ServerProcesses(Data).List()) Libc.Kill(pid, SigStop);
    }

    public void Thaw()
    {
        foreach (var pid in new ServerProcesses(Data).List()) Libc.Kill(pid, SigCont);
    }

    /// <summary>The one process with this word in its title, e.g. "checkpointer"; 0 where there is none.</summary>
    public int ProcessOf(string word) => new ServerProcesses(Data).List().SingleOrDefault(p => ServerProcesses.Title(p) is var title && title.StartsWith("postgres: ", StringComparison.Ordinal) && title.Contains(word, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        Server.KillNow();
        await Eventually.SeesAsync(() => Task.FromResult(Server.Process.Running), running => !running, $"{Name} is gone");
        await Server.DisposeAsync();
        folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
