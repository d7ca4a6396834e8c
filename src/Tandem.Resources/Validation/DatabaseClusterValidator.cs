using Tandem.Resources.Validation.Cluster;

namespace Tandem.Resources.Validation;

/// <summary>What is already there of a cluster, as far as it bears on what its spec may say. Null: nothing is there, or it is not known.</summary>
public sealed record DatabaseClusterObserved
{
    public static readonly DatabaseClusterObserved Nothing = new();

    /// <summary>Engine that the volumes were made with.</summary>
    public DatabaseEngine? Engine { get; init; }

    /// <summary>The largest request among the cluster's claims, in bytes.</summary>
    public long? VolumeBytes { get; init; }

    /// <summary>StorageClass of the claims, where the spec named it when they were made.</summary>
    public string? StorageClass { get; init; }

    /// <summary>The pair that the records are bound to, until it is dissolved.</summary>
    public string? Pair { get; init; }

    /// <summary>Database and owner as they were made.</summary>
    public string? Database { get; init; }
    public string? Owner { get; init; }
}

/// <param name="Name">metadata.name.</param>
public sealed record DatabaseClusterInput(string Name, DatabaseClusterSpec Spec, DatabaseClusterObserved Observed)
{
    /// <summary>Instances beside the holder.</summary>
    public int Standbys => Math.Max(Spec.Instances - 1, 0);

    public SynchronizationMode Mode => Spec.Synchronization.ModeFor(Spec.Instances);
}

/// <summary>
/// Everything that a DatabaseCluster may not say: what its schema refuses (servers before 1.25 know no rules between fields, and drop them silently), and what no
/// schema can. Pure. A cluster with an error is left as it is: nothing is done that its spec asks for until it is mended.
/// </summary>
public static class DatabaseClusterValidator
{
    private delegate IEnumerable<FieldError> Rule(DatabaseClusterInput input);

    private static readonly Rule[] Rules =
    [
        GeneralRules.NameFits,
        GeneralRules.WordsAreKnown,
        GeneralRules.InstancesInRange,
        GeneralRules.ImageIsAReference,
        GeneralRules.UserIsNotRoot,
        GeneralRules.EngineIsSupported,
        GeneralRules.PrioritiesNameInstances,
        StorageRules.SizeFits,
        StorageRules.LagsFit,
        StorageRules.ResourcesFit,
        SynchronizationRules.ModeFitsInstances,
        SynchronizationRules.AcknowledgementsFitStandbys,
        TimingRules.DurationsInRange,
        TimingRules.DurationsAgree,
        DatabaseRules.NamesAreFree,
        ParameterRules.NamesAreNames,
        ParameterRules.ProtocolOwnsItsSettings,
        ParameterRules.ValuesFit,
        AccessRuleRules.LinesAreRules,
        ServiceRules.NodePortsFit,
        DiscardRules.ValuesAreValues,
        ImmutableRules.NothingFixedChanges,
    ];

    /// <returns>Empty where all is well.</returns>
    public static IReadOnlyList<FieldError> Validate(string name, DatabaseClusterSpec spec, DatabaseClusterObserved? observed = null)
    {
        var input = new DatabaseClusterInput(name, spec, observed ?? DatabaseClusterObserved.Nothing);
        return [.. Rules.SelectMany(rule => rule(input))];
    }

    /// <inheritdoc cref="Validate(string, DatabaseClusterSpec, DatabaseClusterObserved?)"/>
    public static IReadOnlyList<FieldError> Validate(DatabaseCluster cluster, DatabaseClusterObserved? observed = null) =>
        Validate(cluster.Metadata.Name ?? "", cluster.Spec, observed);
}
