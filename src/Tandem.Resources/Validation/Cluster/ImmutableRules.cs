namespace Tandem.Resources.Validation.Cluster;

/// <summary>What was decided when the cluster was made. Compared with what is there, not with an older spec: this holds on every server and after any detour.</summary>
internal static class ImmutableRules
{
    public static IEnumerable<FieldError> NothingFixedChanges(DatabaseClusterInput input)
    {
        var (spec, observed) = (input.Spec, input.Observed);
        if (observed.Engine is { } engine && spec.Engine != engine)
            yield return FieldError.Of("spec.engine", spec.Engine, Reasons.Immutable, $"is not what the data were made with ({engine}); set it back, or make a new cluster and load a dump");
        if (observed.VolumeBytes is { } bytes && spec.Storage.Size.TryGet(out var size) && size < bytes)
            yield return FieldError.Of("spec.storage.size", spec.Storage.Size, Reasons.StorageShrunk, $"is less than the volumes have ({Gibibytes(bytes)}): volumes do not shrink; set it to at least that");
        if (observed.StorageClass is { } storageClass && spec.Storage.StorageClass != storageClass)
            yield return FieldError.Of("spec.storage.storageClass", spec.Storage.StorageClass, Reasons.Immutable, $"is not the class of the volumes ({storageClass}); set it back, or make a new cluster");
        if (observed.Pair is { } pair && spec.Pair != pair)
            yield return FieldError.Of("spec.pair", spec.Pair, Reasons.Immutable, $"is not the pair that the database belongs to ({pair}); set it back, or delete that pair first and wait until it is dissolved");
        if (observed.Database is { } database && spec.Database.Name != database)
            yield return FieldError.Of("spec.database.name", spec.Database.Name, Reasons.Immutable, $"is not the database that was made ({database}); set it back, and use SQL to make others");
        if (observed.Owner is { } owner && spec.Database.Owner != owner)
            yield return FieldError.Of("spec.database.owner", spec.Database.Owner, Reasons.Immutable, $"is not the role that was made ({owner}); set it back, and use SQL to change owners");
    }

    private static string Gibibytes(long bytes) =>
        bytes % (1L << 30) == 0 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes >> 30}Gi") : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes} bytes");
}
