using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Agent.State;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Serialization;
using Tandem.Postgres;
using Tandem.Postgres.Processes;
using Tandem.Resources;
using Tandem.Shared;

namespace Tandem.Agent.Hosting;

/// <summary><c>agent run</c>: process 1 of a database pod. Puts the parts together and ends with the server reaped.</summary>
internal static class AgentProcess
{
    public static string Version { get; } = typeof(AgentProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static int PrintVersion()
    {
        Console.WriteLine(Version);
        return 0;
    }

    public static int Usage()
    {
        Console.Error.WriteLine("usage: agent install FOLDER | agent run | agent --version");
        return 64;
    }

    public static int Run()
    {
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new LineLoggerProvider(TimeProvider.System)).SetMinimumLevel(LogLevel.Information));
        var logger = loggers.CreateLogger("agent");
        var thread = new SingleThread();
        return thread.Run(() => RunAsync(thread, logger));
    }

    private static async Task<int> RunAsync(SingleThread thread, ILogger logger)
    {
        KubernetesJson.Register(TandemJsonContext.Default);
        var time = BootClock.Instance;
        using var small = ResidentMemory.KeepSmall(time);
        var random = new Random();
        var identity = PodEnvironment.Identity(random);
        var paths = new PodPaths(Names.VolumePath, Names.RuntimePath, Names.TlsPath, Names.ApplicationPath, Names.ArbiterPath);
        // Backends of a killed server, and what kubectl exec leaves, are process 1's to reap.
        using var orphans = new OrphanReaper(time);
        // An agent lists a handful of objects: an answer that takes long is one that does not come.
        var limits = new KubernetesClientOptions { PageTimeout = TimeSpan.FromSeconds(5) };
        using var client = new KubernetesClient(KubernetesClientConfiguration.InCluster(time), limits, time: time, random: random, logger: logger);
        await using var server = new PostgresServer(new PostgresServerOptions
        {
            DataDirectory = paths.Data,
            SocketDirectory = paths.Socket,
            SalvageDirectory = paths.Salvage,
            TempDirectory = paths.Temporary,
        }, time, logger);
        var tls = new LinkTls(paths.Tls, time);
        using var links = new HttpAgentLink(tls, time, logger);
        var ports = new AgentPorts(client, server, links, new FileVolumeStore(paths.AgentState), new MountedSecrets(paths), new ArbiterFactory(time), time, random, thread, logger);
        var agent = new AgentHost(identity, paths, ports, Version);
        using var guard = new GuardThread(agent.Guard);

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            agent.RequestShutdown();
        });
        await using var listener = new LinkServer(tls, agent.Links, name => name == Names.OperatorIdentity || name.StartsWith(identity.Cluster + "-", StringComparison.Ordinal), time);
        await listener.StartAsync(CancellationToken.None);
        return await agent.RunAsync(CancellationToken.None);
    }
}
