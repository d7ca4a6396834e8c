using System.Text;
using Microsoft.Extensions.Logging;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Acting;

/// <summary>The application's password, at the standby site: roles come with the data, so the Secret comes over the link, in this site's own form (B20).</summary>
public sealed class CredentialsCopier(IOwnCluster clusters, TimeProvider time, ILogger<CredentialsCopier> logger)
{
    private const string PasswordKey = "password";
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(30);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<Kubernetes.Watching.ResourceKey, long> _looked = new();

    public async Task CopyAsync(PairObservation seen, CancellationToken cancellation)
    {
        if (seen is not { Cluster: { } cluster, Link: { } link, View: { Record.Role: PairRole.Standby, Peer: not null } }) return;
        var name = Names.ApplicationSecret(cluster.Metadata.Name!);
        var mine = clusters.ApplicationSecret(seen.Key.Namespace!, cluster.Metadata.Name!)?.Data?.GetValueOrDefault(PasswordKey);
        if (mine is not null && _looked.TryGetValue(seen.Key, out var at) && time.GetElapsedTime(at) < LookAgainAfter) return;
        if ((await link.ReadSecretAsync(name, cancellation))?.Data?.GetValueOrDefault(PasswordKey) is not { Length: > 0 } theirs) return;
        _looked[seen.Key] = time.GetTimestamp();
        if (mine is not null && mine.AsSpan().SequenceEqual(theirs)) return;
        await clusters.ApplyApplicationSecretAsync(cluster, Encoding.UTF8.GetString(theirs), cancellation);
        Log.CredentialsCopied(logger, seen.Key, name);
    }
}
