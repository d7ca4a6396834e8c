using System.Collections.Concurrent;
using System.Text;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;

namespace Tandem.Operator.Links.OtherSite;

/// <summary>The links of all pairs. A link is made anew when its kubeconfig Secret changes.</summary>
public sealed class OtherSites(IKubernetesClient client, IOtherSiteFactory factory, TimeProvider time) : IAsyncDisposable
{
    private const string KubeconfigKey = "kubeconfig";
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ResourceKey, Entry> _entries = new();

    /// <summary>The pair at whose other site something changed. On any thread; must not block.</summary>
    public event Action<ResourceKey>? Changed;

    /// <summary>The link of a pair, or why there is none. Called for one pair by one caller at a time.</summary>
    public async Task<(IOtherSite? Site, string? Problem)> FindAsync(ResourceKey pair, OtherSiteAddress address, string secret, CancellationToken cancellation)
    {
        _entries.TryGetValue(pair, out var known);
        if (known is not null && known.Secret == secret && time.GetElapsedTime(known.LookedAt) < LookAgainAfter) return (known.Site, known.Problem);

        var found = await client.GetAsync<V1Secret>(secret, pair.Namespace, cancellation);
        var version = found?.Metadata.ResourceVersion;
        if (known is not null && known.Secret == secret && known.Version == version && known.Site is not null)
        {
            _entries[pair] = known with { LookedAt = time.GetTimestamp() };
            return (known.Site, null);
        }

        await ForgetAsync(pair);
        var entry = Connect(pair, address, secret, found) with { LookedAt = time.GetTimestamp() };
        _entries[pair] = entry;
        return (entry.Site, entry.Problem);
    }

    public async Task ForgetAsync(ResourceKey pair)
    {
        if (_entries.TryRemove(pair, out var entry) && entry.Site is { } site) await site.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _entries.Keys) await ForgetAsync(pair);
    }

    private Entry Connect(ResourceKey pair, OtherSiteAddress address, string secret, V1Secret? found)
    {
        if (found is null) return new Entry(secret, null, null, $"the Secret {secret} is missing: apply it, as `kubectl tandem link` prints it at that site");
        if (found.Data?.GetValueOrDefault(KubeconfigKey) is not { Length: > 0 } bytes) return new Entry(secret, found.Metadata.ResourceVersion, null, $"the Secret {secret} has no key {KubeconfigKey}");
        try
        {
            var site = factory.Connect(address, Encoding.UTF8.GetString(bytes));
            site.Changed += () => Changed?.Invoke(pair);
            return new Entry(secret, found.Metadata.ResourceVersion, site, null);
        }
        catch (KubeconfigException exception)
        {
            return new Entry(secret, found.Metadata.ResourceVersion, null, $"the kubeconfig in the Secret {secret} cannot be used: {exception.Message}");
        }
    }

    private sealed record Entry(string Secret, string? Version, IOtherSite? Site, string? Problem)
    {
        public long LookedAt { get; init; }
    }
}
