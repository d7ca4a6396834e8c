using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Reconciling;

/// <summary>Brings the world to what an object asks for. The contract is in this project's README.md.</summary>
public interface IEntityController<T> where T : class, IKubernetesObject
{
    /// <param name="entity">Out of the cache: a moment old, and shared; never to be changed.</param>
    Task<ReconcileResult> ReconcileAsync(T entity, CancellationToken cancellation);

    /// <summary>
    /// The object is gone, for letting go of what is kept in memory about it. Not called for what went while no controller ran: what must be undone in
    /// the world belongs to an <see cref="IEntityFinalizer{T}"/>.
    /// </summary>
    /// <param name="entity">The last that was seen of it.</param>
    Task DeletedAsync(T entity, CancellationToken cancellation) => Task.CompletedTask;
}
