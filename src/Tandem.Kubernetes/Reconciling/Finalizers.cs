using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Reconciling;

/// <summary>Puts finalizers on and takes them off, each by a swap over a live read, so that nobody else's list is overwritten.</summary>
internal sealed class Finalizers<T>(IKubernetesClient client) where T : class, IKubernetesObject
{
    private readonly List<IEntityFinalizer<T>> _finalizers = [];

    public void Add(IEntityFinalizer<T> finalizer) => _finalizers.Add(finalizer);

    public bool AreOn(T entity) => _finalizers.All(f => entity.Metadata.Finalizers?.Contains(f.Name) == true);

    /// <returns>Whether the object, as it is now in the API, bears them all; if not, a change of it is on its way.</returns>
    public async Task<bool> PutOnAsync(T entity, CancellationToken cancellation)
    {
        var live = await LiveAsync(entity, cancellation);
        if (live is null || live.Metadata.DeletionTimestamp is not null) return false;
        var names = live.Metadata.Finalizers ??= [];
        foreach (var finalizer in _finalizers)
        {
            if (!names.Contains(finalizer.Name)) names.Add(finalizer.Name);
        }
        return Settle(await client.SwapAsync(live, cancellation));
    }

    /// <summary>Those that the object bears, in the order in which they were added; stops at the first that is not done yet.</summary>
    public async Task<ReconcileResult> FinalizeAsync(T entity, CancellationToken cancellation)
    {
        foreach (var finalizer in _finalizers)
        {
            if (entity.Metadata.Finalizers?.Contains(finalizer.Name) != true) continue;
            var result = await finalizer.FinalizeAsync(entity, cancellation);
            if (result != ReconcileResult.Done) return result;
            await TakeOffAsync(entity, finalizer.Name, cancellation);
        }
        return ReconcileResult.Done;
    }

    private async Task TakeOffAsync(T entity, string name, CancellationToken cancellation)
    {
        var live = await LiveAsync(entity, cancellation);
        if (live?.Metadata.Finalizers?.Remove(name) == true) Settle(await client.SwapAsync(live, cancellation));
    }

    /// <returns>Null where the object is gone, or another one has taken its name.</returns>
    private async Task<T?> LiveAsync(T entity, CancellationToken cancellation)
    {
        var live = await client.GetAsync<T>(entity.Metadata.Name!, entity.Metadata.Namespace, cancellation);
        return live?.Metadata.Uid == entity.Metadata.Uid ? live : null;
    }

    /// <summary>A conflict, or an outcome that is not known, is settled by the next attempt.</summary>
    private static bool Settle(SwapResult<T> result) => result switch
    {
        SwapResult<T>.Applied => true,
        SwapResult<T>.Absent => false,
        _ => throw new RetryException($"finalizers of {typeof(T).Name}: {result}"),
    };
}

/// <summary>Nothing is broken; it has to be tried again.</summary>
internal sealed class RetryException(string message) : Exception(message);
