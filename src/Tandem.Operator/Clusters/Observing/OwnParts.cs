using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>A cluster's objects of one kind, and those of its name that are not its own.</summary>
internal abstract class OwnParts
{
    /// <summary>Version (<see cref="ObjectVersion"/>) of each.</summary>
    public abstract IEnumerable<KeyValuePair<ObjectName, string>> Versions { get; }

    /// <summary>What belongs to an earlier cluster of the same name: never touched.</summary>
    public abstract IEnumerable<string> Foreign { get; }
}

internal sealed class OwnParts<T> : OwnParts where T : class, IKubernetesObject
{
    private static readonly string Kind = ObjectKinds.Of<T>();

    private readonly ImmutableSortedDictionary<string, T> _labelled;
    private readonly List<KeyValuePair<ObjectName, string>> _versions = [];
    private readonly List<string> _foreign = [];

    private OwnParts(DatabaseCluster cluster, ImmutableSortedDictionary<string, T> labelled)
    {
        (_labelled, ByName) = (labelled, labelled);
        foreach (var (name, part) in labelled)
        {
            if (OwnedMetadata.IsOfAnother(cluster, part)) _foreign.Add($"{Kind} {name}");
            if (OwnedMetadata.IsOf(cluster, part)) _versions.Add(new(new ObjectName(Kind, name), ObjectVersion.Of(part)!));
            else ByName = ByName.Remove(name);
        }
    }

    public ImmutableSortedDictionary<string, T> ByName { get; }

    public override IEnumerable<KeyValuePair<ObjectName, string>> Versions => _versions;
    public override IEnumerable<string> Foreign => _foreign;

    /// <param name="last">Of the same cluster.</param>
    public static OwnParts<T> Read(DatabaseCluster cluster, ImmutableSortedDictionary<string, T> labelled, OwnParts? last) =>
        last is OwnParts<T> known && ReferenceEquals(known._labelled, labelled) ? known : new OwnParts<T>(cluster, labelled);
}
