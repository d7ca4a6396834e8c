using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Protocol.Records;

/// <summary>The record as it stands in its Lease, both ways. Pure: reading and swapping are the callers'.</summary>
public static class RecordLease
{
    /// <exception cref="FormatException">The Lease holds no record, or one that cannot be read.</exception>
    public static PrimaryRecord Read(V1Lease lease)
    {
        if (lease.Metadata.Annotations?.GetValueOrDefault(Names.RecordAnnotation) is not { } json)
            throw new FormatException($"Lease {lease.Metadata.Name} has no annotation {Names.RecordAnnotation}");
        var spec = lease.Spec ?? new V1LeaseSpec();
        return RecordCodec.Decode(json, new RecordCodec.LeaseFields(spec.HolderIdentity, spec.LeaseTransitions ?? 0, spec.RenewTime, spec.LeaseDurationSeconds ?? 6)) with
        {
            ResourceVersion = lease.Metadata.ResourceVersion ?? "",
            Uid = lease.Metadata.Uid ?? "",
        };
    }

    /// <summary>The Lease with the record written into it. What Tandem does not own in it (labels of users, other annotations) stays.</summary>
    /// <param name="lease">As read; its resourceVersion makes the replacement a swap.</param>
    public static V1Lease Write(V1Lease lease, PrimaryRecord record)
    {
        var (json, fields) = RecordCodec.Encode(record);
        return lease with
        {
            Metadata = lease.Metadata with
            {
                Annotations = new Dictionary<string, string>(lease.Metadata.Annotations ?? []) { [Names.RecordAnnotation] = json },
            },
            Spec = (lease.Spec ?? new V1LeaseSpec()) with
            {
                HolderIdentity = fields.HolderIdentity,
                LeaseTransitions = checked((int)fields.LeaseTransitions),
                RenewTime = fields.RenewTime,
                LeaseDurationSeconds = fields.LeaseDurationSeconds,
            },
        };
    }

    /// <summary>The Lease of a record that does not exist yet.</summary>
    public static V1Lease New(string cluster, string @namespace, PrimaryRecord record) => Write(new V1Lease
    {
        ApiVersion = "coordination.k8s.io/v1",
        Kind = "Lease",
        Metadata = new V1ObjectMeta
        {
            Name = Names.Record(cluster),
            Namespace = @namespace,
            Labels = new Dictionary<string, string> { [Names.ClusterLabel] = cluster },
        },
    }, record);
}
