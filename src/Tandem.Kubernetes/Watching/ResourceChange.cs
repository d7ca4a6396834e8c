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

    public sealed record Modified(T Old, T New) : ResourceChange<T>
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
