using System.Collections.Concurrent;
using System.Text;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Clusters.Desired;
using Tandem.Protocol.Arbitration;
using Tandem.Resources;

namespace Tandem.Operator.Links.Arbiters;

/// <summary>
/// The arbiters of all pairs. The Secret that a pair names is copied to one of the cluster's, which its pods mount: what stops a server must not depend on this operator. Where the spec names none
/// any more, the copy still leads there, so that the lease can be given up.
/// </summary>
public sealed class PairArbiters(IKubernetesClient client, IArbiterFactory factory, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ResourceKey, Entry> _entries = new();

    /// <summary>Reads the pair's arbiter live. Called for one pair by one caller at a time.</summary>
    /// <param name="uid">Of the pair; null: it has no record yet, and nothing stands at the arbiter under its name.</param>
    public async Task<ArbiterLook> LookAsync(ResourceKey pair, DatabaseCluster? cluster, ArbiterSpec? spec, string? uid, CancellationToken cancellation)
    {
        if (uid is null || cluster is null) return new ArbiterLook(null, null, TimeSpan.Zero, null);
        var entry = await FindAsync(pair, cluster, spec, uid, cancellation);
        if (entry.Arbiter is not { } arbiter) return new ArbiterLook(null, null, TimeSpan.Zero, entry.Problem);
        var reading = await arbiter.ReadAsync(cancellation);
        if (reading is ArbiterReading.Unreadable unreadable) return new ArbiterLook(arbiter, null, TimeSpan.Zero, unreadable.Message);
        var read = (ArbiterReading.Read)reading;
        var stoodStill = read.Record is { } stands ? entry.Standstill.Observe(stands, time.GetElapsedTime(0)) : TimeSpan.Zero;
        return new ArbiterLook(arbiter, read, stoodStill, null);
    }

    public async Task ForgetAsync(ResourceKey pair)
    {
        if (_entries.TryRemove(pair, out var entry) && entry.Arbiter is { } arbiter) await arbiter.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _entries.Keys) await ForgetAsync(pair);
    }

    private async Task<Entry> FindAsync(ResourceKey pair, DatabaseCluster cluster, ArbiterSpec? spec, string uid, CancellationToken cancellation)
    {
        var named = spec is null ? Names.ArbiterSecret(cluster.Metadata.Name!) : spec.Kubernetes?.KubeconfigSecret ?? spec.Postgres?.ConnectionSecret ?? "";
        _entries.TryGetValue(pair, out var known);
        if (known is not null && known.Named == named && known.Pair == uid && time.GetElapsedTime(known.LookedAt) < LookAgainAfter) return known;

        var found = await client.GetAsync<V1Secret>(named, pair.Namespace, cancellation);
        var (address, problem) = AddressOf(spec, named, found);
        if (address is not null && spec is not null && known?.Address != address) await CopyAsync(cluster, address, cancellation);
        if (known is { Arbiter: not null } && known.Address == address && known.Pair == uid) return _entries[pair] = known with { Named = named, LookedAt = time.GetTimestamp() };

        await ForgetAsync(pair);
        return _entries[pair] = Connect(named, uid, address, problem) with { LookedAt = time.GetTimestamp() };
    }

    private Entry Connect(string named, string uid, ArbiterAddress? address, string? problem)
    {
        if (address is null) return new Entry(named, uid, null, null, problem);
        try
        {
            return new Entry(named, uid, address, factory.Connect(address, uid), null);
        }
        catch (ArbiterAddressException exception)
        {
            return new Entry(named, uid, address, null, $"spec.arbiter: the Secret {named} cannot be used: {exception.Message}");
        }
    }

    private static (ArbiterAddress? Address, string? Problem) AddressOf(ArbiterSpec? spec, string named, V1Secret? found)
    {
        if (found is null) return (null, $"spec.arbiter: the Secret {named} is missing");
        var kubeconfig = Text(found, Names.ArbiterKubeconfigKey);
        var uri = Text(found, Names.ArbiterUriKey);
        if (spec is null) return (new ArbiterAddress(kubeconfig, Text(found, Names.ArbiterNamespaceKey), uri), null);
        if (spec.Kubernetes is { } kubernetes) return kubeconfig is null ? (null, $"spec.arbiter.kubernetes.kubeconfigSecret: the Secret {named} has no key {Names.ArbiterKubeconfigKey}") : (new ArbiterAddress(kubeconfig, kubernetes.Namespace, null), null);
        return uri is null ? (null, $"spec.arbiter.postgres.connectionSecret: the Secret {named} has no key {Names.ArbiterUriKey}") : (new ArbiterAddress(null, null, uri), null);
    }

    private static string? Text(V1Secret secret, string key) => secret.Data?.GetValueOrDefault(key) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;

    private Task CopyAsync(DatabaseCluster cluster, ArbiterAddress address, CancellationToken cancellation) =>
        client.ApplyAsync(ArbiterSecretBuilder.Build(cluster, address), OperatorNames.FieldManager, force: true, cancellation);

    private sealed record Entry(string Named, string Pair, ArbiterAddress? Address, IArbiter? Arbiter, string? Problem)
    {
        public long LookedAt { get; init; }
        public Standstill Standstill { get; } = new();
    }
}

/// <summary>One live look at a pair's arbiter.</summary>
/// <param name="Read">Null: it cannot be read, see <paramref name="Problem"/>, or there is none.</param>
/// <param name="StoodStillFor">How long it has stood as read, by this operator's clock.</param>
public sealed record ArbiterLook(IArbiter? Arbiter, ArbiterReading.Read? Read, TimeSpan StoodStillFor, string? Problem);
