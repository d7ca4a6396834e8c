using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Reconciling;

/// <summary>
/// What must be undone before an object goes. Its name is put into <c>metadata.finalizers</c> before the object is first reconciled, and taken out
/// when <see cref="FinalizeAsync"/> has returned <see cref="ReconcileResult.Done"/>.
/// </summary>
public interface IEntityFinalizer<T> where T : class, IKubernetesObject
{
    /// <summary>Qualified: <c>tandem.dev/pair</c>.</summary>
    string Name { get; }

    /// <summary>Idempotent: called again until it is done, and perhaps once more after that.</summary>
    Task<ReconcileResult> FinalizeAsync(T entity, CancellationToken cancellation);
}
