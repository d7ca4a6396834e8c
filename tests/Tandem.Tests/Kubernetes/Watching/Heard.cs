using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;

namespace Tandem.Tests.Kubernetes.Watching;

/// <summary>What a cache told, in words.</summary>
public sealed class Heard<T> where T : class, IKubernetesObject
{
    private readonly List<string> _changes = [];

    public Heard(ResourceCache<T> cache) => cache.Changed += change =>
    {
        var word = change switch
        {
            ResourceChange<T>.Added => "added",
            ResourceChange<T>.Modified => "modified",
            ResourceChange<T>.Deleted { IsTombstone: true } => "missing",
            _ => "deleted",
        };
        lock (_changes) _changes.Add($"{word} {change.Value.Metadata.Name}");
    };

    public IReadOnlyList<string> All
    {
        get { lock (_changes) return [.. _changes]; }
    }

    public override string ToString() => string.Join(", ", All);
}
