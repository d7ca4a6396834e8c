using Microsoft.Extensions.Logging;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.LeaderElection;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Clusters;
using Tandem.Operator.Clusters.Acting;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Clusters.Reporting;
using Tandem.Operator.Links.Agents;
using Tandem.Operator.Links.Arbiters;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs;
using Tandem.Operator.Pairs.Acting;
using Tandem.Operator.Pairs.Observing;
using Tandem.Operator.Pairs.Reporting;
using Tandem.Operator.Telemetry;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator;

/// <summary>The operator put together: which part knows which. Runs against any <see cref="IKubernetesClient"/>, so that a simulation can run it too.</summary>
public sealed class OperatorHost : IAsyncDisposable
{
    private readonly ControllerHost _host;
    private readonly EventRecorder _events;
    private readonly AgentReports _reports;
    private readonly ClusterMetrics _clusterMetrics = new();
    private OtherSites? _otherSites;
    private PairArbiters? _arbiters;

    public OperatorHost(IKubernetesClient client, OperatorOptions options, bool hasPolicyV1, string agentImage, IAgentLinkFactory links, TimeProvider time, Random random, ILoggerFactory loggers, IOtherSiteFactory? otherSites = null, IArbiterFactory? arbiters = null)
    {
        var identity = $"{options.PodName ?? Environment.MachineName}_{random.NextHex(32)}";
        var elector = options.LeaderElection
            ? new LeaderElector(client, new LeaderElectionOptions { Namespace = options.PodNamespace ?? "default", Name = OperatorNames.LeadershipLease, Identity = identity }, time, random, loggers.CreateLogger<LeaderElector>())
            : null;
        _host = new ControllerHost(client, time, random, loggers.CreateLogger<ControllerHost>(), elector);
        _events = new EventRecorder(client, new EventRecorderOptions { Component = OperatorNames.FieldManager, Instance = options.PodName ?? identity }, time, random, loggers.CreateLogger<EventRecorder>());
        _reports = new AgentReports(links, time);

        var pairs = new PairStandings();
        var caches = AddClusters(client, options, hasPolicyV1, new PodSettings(options.Site, agentImage), pairs, time, loggers);
        AddPairs(client, options, caches, pairs, otherSites ?? new OtherSiteFactory(time, loggers.CreateLogger<OtherSite>()), arbiters ?? new ArbiterFactory(time), time, random, loggers);
    }

    /// <summary>All caches have been filled once.</summary>
    public bool IsWarm => _host.IsWarm;

    /// <summary>Ends when <paramref name="stopping"/> is cancelled and all is drained.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ended = new CancellationTokenSource();
        var events = _events.RunAsync(ended.Token);
        try
        {
            await _host.RunAsync(stopping);
        }
        finally
        {
            ended.Cancel(); // not CancelAsync: that goes to another thread
            await events;
        }
    }

    public string Metrics()
    {
        var text = new PrometheusText();
        _clusterMetrics.Write(text);
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_otherSites is not null) await _otherSites.DisposeAsync();
        if (_arbiters is not null) await _arbiters.DisposeAsync();
        await _reports.DisposeAsync();
    }

    private ClusterCaches AddClusters(IKubernetesClient client, OperatorOptions options, bool hasPolicyV1, PodSettings settings, IPairStandings pairs, TimeProvider time, ILoggerFactory loggers)
    {
        var caches = new ClusterCaches(_host, options.Namespaces, hasPolicyV1);
        var ledger = new SentLedger();
        var controller = new ClusterController(
            client,
            new ClusterObserver(caches, _reports, ledger, new CertificateMemory(), pairs, settings, time),
            new ClusterActuator(client, ledger, time, loggers.CreateLogger<ClusterActuator>()),
            new ClusterReporter(client, _events, new ReignMemory(), _clusterMetrics, time, loggers.CreateLogger<ClusterReporter>()),
            _clusterMetrics,
            time,
            loggers.CreateLogger<ClusterController>());

        var workers = options.Namespaces.Count == 0
            ? [_host.Add(controller)]
            : options.Namespaces.Select(n => _host.Add(controller, new ResourceWatcherOptions { Namespace = n })).ToList();
        void LookAt(string @namespace, string name)
        {
            foreach (var worker in workers) worker.Enqueue(new ResourceKey(@namespace, name)); // the others do not know it, and let it go
        }

        caches.Changed += key => LookAt(key.Namespace, key.Name);
        _reports.Heard += LookAt;
        pairs.Changed += LookAt;
        return caches;
    }

    private void AddPairs(IKubernetesClient client, OperatorOptions options, ClusterCaches caches, PairStandings standings, IOtherSiteFactory factory, IArbiterFactory arbiterFactory, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        var links = _otherSites = new OtherSites(client, factory, time);
        var arbiters = _arbiters = new PairArbiters(client, arbiterFactory, time);
        var settlements = new Settlements(time);
        var clusters = new OwnClusters(client, caches, _reports);
        var controller = new PairController(
            new PairObserver(client, clusters, links, arbiters, settlements, options.Site, time, random),
            new PairActuator(client, settlements, _events, random, loggers.CreateLogger<PairActuator>()),
            new PeerChecks(client, loggers.CreateLogger<PeerChecks>()),
            new CredentialsCopier(clusters, time, loggers.CreateLogger<CredentialsCopier>()),
            new PairReporter(client, _events, options.Site, time, loggers.CreateLogger<PairReporter>()),
            standings, links, arbiters, settlements, time);

        var workers = options.Namespaces.Count == 0
            ? [_host.Add(controller).Finalizes(controller)]
            : options.Namespaces.Select(n => _host.Add(controller, new ResourceWatcherOptions { Namespace = n }).Finalizes(controller)).ToList();
        void LookAt(ResourceKey pair)
        {
            foreach (var worker in workers) worker.Enqueue(pair); // the others do not know it, and let it go
        }

        void LookAtPairsOf(ClusterKey cluster)
        {
            foreach (var pair in standings.PairsOf(cluster)) LookAt(pair);
        }

        links.Changed += LookAt;
        // Both records bear the cluster's label; of the rest only what the holder reports matters in time.
        caches.Leases.Changed += LookAtPairsOf;
        _reports.Heard += (@namespace, cluster) => LookAtPairsOf(new ClusterKey(@namespace, cluster));
    }
}
