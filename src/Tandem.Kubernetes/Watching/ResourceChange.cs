using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Watching;

/// <summary>What happened to one object of a cache. A closed set: switch over it.</summary>
public abstract record ResourceChange<T>
{
    private ResourceChange() { }

    public abstract T Value { get; }

    public sealed record Added(T New) : ResourceChange<T>
    {
        public override T Value => New;
    }

    /// <param name="IsFromList">Not watched, but seen in a later list: between the two the server may have been restored from a backup.</param>
    public sealed record Modified(T Old, T New, bool IsFromList = false) : ResourceChange<T>
    {
        public override T Value => New;
    }

    /// <param name="Old">The last that was seen of it.</param>
    /// <param name="IsTombstone">Its end was not watched: it was missing from a later list, so <paramref name="Old"/> may be older than its last state.</param>
    public sealed record Deleted(T Old, bool IsTombstone) : ResourceChange<T>
    {
        public override T Value => Old;
    }
}

public static class ResourceChanges
{
    /// <summary>
    /// Whether nothing but the status was written: of a kind with the status subresource the server counts every other change (<c>generation</c>), except of metadata. Never so of what a list
    /// showed: a server that was restored counts anew.
    /// </summary>
    public static bool IsOfStatusAlone<T>(this ResourceChange<T> change) where T : class, IKubernetesObject =>
        change is ResourceChange<T>.Modified { IsFromList: false, Old.Metadata: { Generation: > 0 } before, New.Metadata: var now } && before.SaysTheSameAs(now);
}
