using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>An object as it shall be, of whatever kind. Its hash names its content, so that nothing is sent that was sent before.</summary>
public abstract record DesiredObject(string Kind, string Name, string Hash)
{
    public abstract IKubernetesObject Value { get; }

    /// <summary>Server-side apply; returns the object as it is since.</summary>
    public abstract Task<IKubernetesObject> ApplyAsync(IKubernetesClient client, CancellationToken cancellation);

    /// <summary>What bears this name now, read live; null: nothing.</summary>
    public abstract Task<IKubernetesObject?> ReadAsync(IKubernetesClient client, CancellationToken cancellation);

    public static DesiredObject Of<T>(T value) where T : class, IKubernetesObject => new Typed<T>(value);

    public sealed override string ToString() => $"{Kind} {Name}";

    private sealed record Typed<T>(T Object) : DesiredObject(ObjectKinds.Of<T>(), Object.Metadata.Name!, ContentHash.Of(Object))
        where T : class, IKubernetesObject
    {
        public override IKubernetesObject Value => Object;

        public override async Task<IKubernetesObject> ApplyAsync(IKubernetesClient client, CancellationToken cancellation) =>
            await client.ApplyAsync(Object, OperatorNames.FieldManager, force: true, cancellation);

        public override async Task<IKubernetesObject?> ReadAsync(IKubernetesClient client, CancellationToken cancellation) =>
            await client.GetAsync<T>(Object.Metadata.Name!, Object.Metadata.Namespace, cancellation);
    }
}
