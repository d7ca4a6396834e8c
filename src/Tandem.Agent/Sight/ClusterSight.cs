using Microsoft.Extensions.Logging;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Validation;

namespace Tandem.Agent.Sight;

/// <summary>
/// What the API says of this cluster, kept up to date by watches: the specification, the pods, the record and the pair's record. It may be stale: what must
/// be true at the moment of acting is read or swapped live.
/// </summary>
public sealed class ClusterSight
{
    private readonly InstanceIdentity _identity;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<IResourceWatcher> _watchers = [];
    private readonly ResourceCache<DatabaseCluster> _clusters = new();
    private readonly ResourceCache<V1Pod> _pods = new();
    private readonly ResourceCache<V1Lease> _records = new();
    private readonly Func<string, ResourceCache<V1Lease>, IResourceWatcher> _watchLease;
    private readonly IResourceWatcher _podWatcher;
    private Task _lookingForPods = Task.CompletedTask;
    private ResourceCache<V1Lease>? _pairs;
    private AgentSettings? _settings;
    private string? _seenVersion;
    private (string? Uid, long? Generation) _validated;
    private IReadOnlyList<FieldError> _errors = [];

    public ClusterSight(InstanceIdentity identity, IKubernetesClient client, RecordKeeper records, TimeProvider time, Random random, ILogger logger)
    {
        (_identity, _time, _logger) = (identity, time, logger);
        ResourceWatcher<T> Watch<T>(ResourceCache<T> cache, string? name, string? labels) where T : class, IKubernetesObject => new(client, cache,
            new ResourceWatcherOptions { Namespace = identity.Namespace, FieldSelector = name is null ? null : $"metadata.name={name}", LabelSelector = labels }, time, random, logger);
        _watchLease = (name, cache) => Watch(cache, name, null);
        _watchers.Add(Watch(_clusters, identity.Cluster, null));
        _watchers.Add(_podWatcher = Watch(_pods, null, $"{Names.ClusterLabel}={identity.Cluster}"));
        _watchers.Add(Watch(_records, Names.Record(identity.Cluster), null));
        _clusters.Changed += _ => Changed?.Invoke();
        _pods.Changed += _ => Changed?.Invoke();
        _records.Changed += change =>
        {
            if (change is not ResourceChange<V1Lease>.Deleted) records.Observe(change.Value, change is ResourceChange<V1Lease>.Modified { IsFromList: false, Old: var before } ? before : null);
        };
    }

    /// <summary>Raised after every change, on a watcher's thread.</summary>
    public event Action? Changed;

    /// <summary>Runs the watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var running = _watchers.Select(w => w.RunAsync(cancellation)).ToList();
        while (Settings is null) await Task.Delay(TimeSpan.FromMilliseconds(200), _time, cancellation);
        // Which pair it is never changes in an agent's life but by a new pod.
        if (Settings?.Pair is { } pair)
        {
            var cache = new ResourceCache<V1Lease>();
            cache.Changed += _ => Changed?.Invoke();
            _pairs = cache;
            running.Add(_watchLease(Names.PairRecord(pair), cache).RunAsync(cancellation));
        }
        await Task.WhenAll(running);
    }

    /// <summary>The last specification that can be obeyed; null until there is one. A wrong one leaves the one before in force.</summary>
    public AgentSettings? Settings
    {
        get
        {
            if (_clusters.Get(_identity.Namespace, _identity.Cluster) is not { } cluster || cluster.Metadata.ResourceVersion == _seenVersion) return _settings;
            _seenVersion = cluster.Metadata.ResourceVersion;
            var state = (cluster.Metadata.Uid, cluster.Metadata.Generation);
            if (state.Generation is null || state != _validated) (_validated, _errors) = (state, DatabaseClusterValidator.Validate(cluster));
            if (_errors is not [var error, ..]) _settings = AgentSettings.From(cluster, _identity.Instance);
            else Log.SpecificationRefused(_logger, error.Message);
            return _settings;
        }
    }

    public IReadOnlyList<V1Pod> Pods => _pods.List();

    /// <summary>Lists the pods anew, once a second at most: of one that has just come up a late watch may not have told.</summary>
    public void LookForPods(CancellationToken cancellation)
    {
        if (_lookingForPods.IsCompleted) _lookingForPods = _podWatcher.CatchUpAsync(cancellation);
    }

    public bool PodsKnown => _pods.IsWarm;

    /// <summary>Whether there is a pair's record has been asked; true where there is no pair.</summary>
    public bool PairKnown => _settings?.Pair is null || _pairs is { IsWarm: true };

    /// <summary>The pair's record as last seen; null where there is no pair, no record, or none that can be read.</summary>
    public PairRecord? Pair
    {
        get
        {
            if (_settings?.Pair is not { } pair || _pairs?.Get(_identity.Namespace, Names.PairRecord(pair)) is not { } lease) return null;
            if (lease.Metadata.Annotations?.GetValueOrDefault(Names.PairRecordAnnotation) is not { } json) return null;
            try
            {
                return PairRecordCodec.Decode(json);
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }
}
