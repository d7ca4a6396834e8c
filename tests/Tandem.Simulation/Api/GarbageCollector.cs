using Tandem.Kubernetes.Models;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Api;

/// <summary>Deletes, a moment later, what has owners of which none is there any more. By uid: an owner that was made anew under the old name is another one.</summary>
internal sealed class GarbageCollector
{
    private readonly ApiServer _server;
    private readonly Rounds _rounds;

    public GarbageCollector(ApiServer server, Events events, Chance chance)
    {
        _server = server;
        _rounds = new Rounds(events, chance, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(600), Collect);
    }

    public void Note(IKubernetesObject? old, IKubernetesObject? @new)
    {
        if (@new is null || (old is null && @new.Metadata.OwnerReferences is { Count: > 0 })) Plan();
    }

    public void Plan() => _rounds.Plan();

    private void Collect()
    {
        if (!_server.IsUp)
        {
            Plan();
            return;
        }
        var present = new HashSet<string>(_server.Stores.SelectMany(s => s.Objects).Select(o => o.Metadata.Uid!));
        foreach (var store in _server.Stores)
        {
            // By what it was before: collecting changes the store.
            foreach (var value in store.Objects)
            {
                if (value.Metadata is { DeletionTimestamp: null, OwnerReferences: { Count: > 0 } owners } && !owners.Exists(o => present.Contains(o.Uid))) store.Collect(value);
            }
        }
    }
}
