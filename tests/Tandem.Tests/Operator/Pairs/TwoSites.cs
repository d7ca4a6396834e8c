using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator.Links.Arbiters;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs;
using Tandem.Operator.Pairs.Acting;
using Tandem.Operator.Pairs.Observing;
using Tandem.Operator.Pairs.Reporting;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Sandbox;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Pairs;

/// <summary>Two real API servers with the CRDs; each test makes a namespace of its own at both.</summary>
public sealed class TwoServers : IAsyncLifetime
{
    private int _namespaces;

    public LoopbackApiServer East { get; private set; } = null!;
    public LoopbackApiServer West { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        KubernetesJson.Register(TandemJsonContext.Default);
        East = await LoopbackApiServer.StartAsync();
        West = await LoopbackApiServer.StartAsync();
        foreach (var server in new[] { East, West })
        {
            using var api = new RawApi(server.KubeconfigPath);
            var (status, body) = await api.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CrdGenerator.Generate(typeof(DisasterRecoveryPair)));
            Assert.True((int)status is 201, body.ToJsonString());
        }
    }

    public async Task DisposeAsync()
    {
        await East.DisposeAsync();
        await West.DisposeAsync();
    }

    internal async Task<TwoSites> SitesAsync() => await TwoSites.StartAsync(this, $"pair-{Interlocked.Increment(ref _namespaces)}");
}

[CollectionDefinition(Name)]
public sealed class TwoServersCollection : ICollectionFixture<TwoServers>
{
    public const string Name = "two real API servers";
}

/// <summary>A pair controller at each of two sites, each with a line to the other that a test freezes, and clusters that the test plays.</summary>
internal sealed class TwoSites : IAsyncDisposable
{
    public const string Pair = "orders";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public SiteUnderTest East { get; }
    public SiteUnderTest West { get; }

    private TwoSites(SiteUnderTest east, SiteUnderTest west)
    {
        (East, West) = (east, west);
        (east.Cluster.Other, west.Cluster.Other) = (west.Cluster, east.Cluster);
    }

    public static async Task<TwoSites> StartAsync(TwoServers servers, string @namespace)
    {
        var east = await SiteUnderTest.StartAsync("east", servers.East, servers.West, @namespace);
        var west = await SiteUnderTest.StartAsync("west", servers.West, servers.East, @namespace);
        return new TwoSites(east, west);
    }

    public async Task ApplyAsync(string primary, long? from = null)
    {
        await East.ApplyAsync(primary, from);
        await West.ApplyAsync(primary, from);
    }

    /// <summary>Both sites go on until the world is as it should be.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> condition, params SiteUnderTest[] only)
    {
        var clock = Stopwatch.StartNew();
        var sites = only.Length > 0 ? only : [East, West];
        while (true)
        {
            await Task.WhenAll(sites.Select(s => s.StepAsync()));
            Assert.False(East.Cluster.WasWritableBesidesOther || West.Cluster.WasWritableBesidesOther, "two sites were writable");
            if (await condition()) return clock.Elapsed;
            if (clock.Elapsed > Deadline) Assert.Fail($"not within {Deadline.TotalSeconds} s: {what}\neast: {await East.DescribeAsync()}\nwest: {await West.DescribeAsync()}");
            await Task.Delay(20);
        }
    }

    public Task<TimeSpan> UntilReadyAsync(string primary, long epoch) => UntilAsync($"{primary} primary at epoch {epoch}, both ready", async () =>
        await East.IsReadyAsync(primary, epoch) && await West.IsReadyAsync(primary, epoch));

    public async ValueTask DisposeAsync()
    {
        await East.DisposeAsync();
        await West.DisposeAsync();
    }
}

internal sealed class SiteUnderTest : IAsyncDisposable
{
    private readonly KubernetesClient _client;
    private readonly OtherSites _links;
    private readonly PairArbiters _arbiters;
    private readonly PairController _controller;
    private readonly string _namespace;

    private SiteUnderTest(string site, KubernetesClient client, LoopbackProxy line, string @namespace)
    {
        (_client, Line, _namespace) = (client, line, @namespace);
        var time = TimeProvider.System;
        Cluster = new PlayedCluster(client, @namespace, site);
        var settlements = new Settlements(time);
        _arbiters = new PairArbiters(client, new ArbiterFactory(time), time);
        var events = new EventRecorder(client, new EventRecorderOptions { Component = "test", Instance = site }, time, new Random(1), NullLogger<EventRecorder>.Instance);
        _links = new OtherSites(client, new OtherSiteFactory(time, NullLogger<OtherSite>.Instance), time);
        _controller = new PairController(
            new PairObserver(client, Cluster, _links, _arbiters, settlements, site, time, new Random()),
            new PairActuator(client, settlements, events, new Random(), NullLogger<PairActuator>.Instance),
            new PeerChecks(client, NullLogger<PeerChecks>.Instance),
            new CredentialsCopier(Cluster, time, NullLogger<CredentialsCopier>.Instance),
            new PairReporter(client, events, site, time, NullLogger<PairReporter>.Instance),
            new PairStandings(), _links, _arbiters, settlements, time);
    }

    public PlayedCluster Cluster { get; }

    /// <summary>The way to the other site's API.</summary>
    public LoopbackProxy Line { get; }

    public KubernetesClient Client => _client;
    public string Namespace => _namespace;

    public static async Task<SiteUnderTest> StartAsync(string site, LoopbackApiServer here, LoopbackApiServer there, string @namespace)
    {
        var client = new KubernetesClient(KubernetesClientConfiguration.FromFile(here.KubeconfigPath));
        Assert.IsType<SwapResult<V1Namespace>.Applied>(await client.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } }, CancellationToken.None));
        var line = new LoopbackProxy(new Uri(there.Url));
        var other = site == "east" ? "west" : "east";
        var kubeconfig = (await File.ReadAllTextAsync(there.KubeconfigPath)).Replace(there.Url, line.Address.ToString().TrimEnd('/'), StringComparison.Ordinal);
        await client.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = $"{other}-access", Namespace = @namespace }, StringData = new() { ["kubeconfig"] = kubeconfig } }, CancellationToken.None);
        return new SiteUnderTest(site, client, line, @namespace);
    }

    public async Task ApplyAsync(string primary, long? from)
    {
        var pair = new DisasterRecoveryPair
        {
            Metadata = new V1ObjectMeta { Name = TwoSites.Pair, Namespace = _namespace },
            Spec = new DisasterRecoveryPairSpec
            {
                Cluster = PlayedCluster.Name, PrimarySite = primary, Failover = new PairFailoverSpec { FromEpoch = from },
                Sites = [new SiteSpec { Name = "east", Kubernetes = new SiteKubernetesSpec { KubeconfigSecret = "east-access" } }, new SiteSpec { Name = "west", Kubernetes = new SiteKubernetesSpec { KubeconfigSecret = "west-access" } }],
            },
        };
        await _client.ApplyAsync(pair, "test", force: true, CancellationToken.None);
    }

    public async Task StepAsync()
    {
        if (await PairAsync() is { } pair)
        {
            if (pair.Metadata.DeletionTimestamp is null) await _controller.ReconcileAsync(pair, CancellationToken.None);
            else await _controller.FinalizeAsync(pair, CancellationToken.None);
        }

        await Cluster.PlayAsync(CancellationToken.None);
    }

    /// <summary>As the controller's host does it: the finalizer keeps the object until the controller lets go.</summary>
    public async Task DeleteWithFinalizerAsync()
    {
        var pair = (await PairAsync())!;
        pair.Metadata.Finalizers = [_controller.Name];
        Assert.IsType<SwapResult<DisasterRecoveryPair>.Applied>(await _client.SwapAsync(pair, CancellationToken.None));
        await _client.DeleteAsync<DisasterRecoveryPair>(TwoSites.Pair, _namespace);
    }

    public Task<DisasterRecoveryPair?> PairAsync() => _client.GetAsync<DisasterRecoveryPair>(TwoSites.Pair, _namespace, CancellationToken.None);

    public async Task<PairRecord?> RecordAsync() => PairRecordLease.Read(await _client.GetAsync<V1Lease>(Names.PairRecord(TwoSites.Pair), _namespace, CancellationToken.None));

    public async Task<V1Condition?> ConditionAsync(string type) => Conditions.Find((await PairAsync())?.Status?.Conditions ?? [], type);

    public async Task<bool> IsReadyAsync(string primary, long epoch) =>
        (await PairAsync())?.Status is { } status && status.PrimarySite == primary && status.Epoch == epoch && Conditions.IsTrue(status.Conditions, ConditionTypes.Ready);

    public async Task<string> DescribeAsync()
    {
        var lease = await _client.GetAsync<V1Lease>(Names.PairRecord(TwoSites.Pair), _namespace, CancellationToken.None);
        var cluster = await _client.GetAsync<V1Lease>(Names.Record(PlayedCluster.Name), _namespace, CancellationToken.None);
        var conditions = (await PairAsync())?.Status?.Conditions ?? [];
        return $"writable {Cluster.Writable} streaming {Cluster.Streaming} at {Cluster.Flushed}\n  pair {lease?.Metadata.Annotations?[Names.PairRecordAnnotation]}\n  cluster {cluster?.Metadata.Annotations?[Names.RecordAnnotation]}\n  "
            + string.Join("\n  ", conditions.Select(c => $"{c.Type} {c.Status} {c.Reason}: {c.Message}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        await _arbiters.DisposeAsync();
        await Line.DisposeAsync();
        _client.Dispose();
    }
}
