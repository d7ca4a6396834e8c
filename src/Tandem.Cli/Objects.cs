using System.Text.Json.Nodes;
using Tandem.Kubernetes.Client;
using Tandem.Resources;

namespace Tandem.Cli;

/// <summary>Reading and changing what the user named, with errors that say how to name it right.</summary>
public static class Objects
{
    private const int Attempts = 20;

    public static async Task<DatabaseCluster> ClusterAsync(this Session session, string name, CancellationToken cancellation) =>
        await session.Client.GetAsync<DatabaseCluster>(name, session.Namespace, cancellation)
        ?? throw new CliException($"no DatabaseCluster {name} in namespace {session.Namespace}: kubectl get databaseclusters --all-namespaces");

    public static async Task<DisasterRecoveryPair> PairAsync(this Session session, string name, CancellationToken cancellation) =>
        await session.Client.GetAsync<DisasterRecoveryPair>(name, session.Namespace, cancellation)
        ?? throw new CliException($"no DisasterRecoveryPair {name} in namespace {session.Namespace}: kubectl get disasterrecoverypairs --all-namespaces");

    /// <summary>The pair that a cluster belongs to; null where it belongs to none, or the pair is not there.</summary>
    public static async Task<DisasterRecoveryPair?> PairOfAsync(this Session session, DatabaseCluster cluster, CancellationToken cancellation) =>
        cluster.Spec.Pair is { } pair ? await session.Client.GetAsync<DisasterRecoveryPair>(pair, session.Namespace, cancellation) : null;

    /// <summary>
    /// Changes a DatabaseCluster by compare-and-swap: <paramref name="change"/> sees the object as it is and gives the merge patch, or null where there is nothing to do.
    /// An operator writes status all the time, so that a conflict is ordinary: read again, decide again.
    /// </summary>
    public static Task<DatabaseCluster> ChangeClusterAsync(this Session session, string name, Func<DatabaseCluster, JsonObject?> change, CancellationToken cancellation) =>
        ChangeAsync(session, name, () => session.ClusterAsync(name, cancellation), change, cancellation);

    /// <inheritdoc cref="ChangeClusterAsync"/>
    public static Task<DisasterRecoveryPair> ChangePairAsync(this Session session, string name, Func<DisasterRecoveryPair, JsonObject?> change, CancellationToken cancellation) =>
        ChangeAsync(session, name, () => session.PairAsync(name, cancellation), change, cancellation);

    private static async Task<T> ChangeAsync<T>(Session session, string name, Func<Task<T>> read, Func<T, JsonObject?> change, CancellationToken cancellation)
        where T : class, Kubernetes.Models.IKubernetesObject
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var seen = await read();
            if (change(seen) is not { } patch) return seen;
            var metadata = patch["metadata"] as JsonObject;
            if (metadata is null) patch["metadata"] = metadata = [];
            metadata["resourceVersion"] = seen.Metadata.ResourceVersion;
            switch (await session.Client.PatchAsync<T>(name, session.Namespace, patch.ToJsonString(), cancellation))
            {
                case SwapResult<T>.Applied applied: return applied.Value;
                case SwapResult<T>.Conflict: continue;
                case SwapResult<T>.Absent: continue; // the next read says so
                case SwapResult<T>.Refused refused: throw new CliException($"the API server refused the change: {refused.Message}");
                case SwapResult<T>.Unknown unknown: throw new CliException($"no answer from the API server, the change may have been made or not ({unknown.Message}): look with kubectl tandem status {name}");
                default: throw new InvalidOperationException();
            }
        }
        throw new CliException($"{name} was changed by others {Attempts} times while this tried to change it: try again");
    }
}
