using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>One entry of a type's history.</summary>
/// <param name="New">For a removal the last state, with the version of the removal.</param>
internal sealed record Change<T>(long Version, T? Old, T New, bool IsRemoval) where T : class, IKubernetesObject
{
    private WatchEvent<T>? _added, _modified, _deleted;

    /// <returns>What a watch with this selection tells of it; null: nothing. An object that comes into a selection is added there, one that leaves it deleted.</returns>
    public WatchEvent<T>? As(Selector selector)
    {
        var before = Old is not null && selector.Matches(Old.Metadata);
        var after = !IsRemoval && selector.Matches(New.Metadata);
        return (before, after) switch
        {
            (false, false) => null,
            (false, true) => _added ??= new WatchEvent<T>(WatchEventType.Added, New),
            (true, true) => _modified ??= new WatchEvent<T>(WatchEventType.Modified, New),
            (true, false) => _deleted ??= new WatchEvent<T>(WatchEventType.Deleted, New),
        };
    }
}
