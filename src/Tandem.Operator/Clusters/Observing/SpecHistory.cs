using Tandem.Resources;
using Tandem.Resources.Validation;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What is there already and bears on what the spec may say. Read off the objects themselves: servers before 1.25 do not hold a field against its old value.</summary>
public static class SpecHistory
{
    public static DatabaseClusterObserved Of(ClusterObservation observation) => new()
    {
        // There is one engine yet; a claim that stands was made with it.
        Engine = observation.Claims.IsEmpty ? null : DatabaseEngine.PostgreSQL,
        VolumeBytes = observation.Claims.Values.Select(c => Bytes(c.Spec?.Resources?.Requests?.GetValueOrDefault("storage"))).Max(),
        StorageClass = observation.Cluster.Spec.Storage.StorageClass is null ? null : observation.Claims.Values.Select(c => c.Spec?.StorageClassName).FirstOrDefault(c => c is not null),
        Database = observation.Application?.Database,
        Owner = observation.Application?.Owner,
    };

    private static long? Bytes(string? quantity) => quantity is not null && new Quantity(quantity) is { IsValid: true } valid ? valid.Bytes : null;
}
