using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>A pair record and the Lease that it is kept in.</summary>
public static class PairRecordLease
{
    /// <returns>Null where there is no Lease.</returns>
    /// <exception cref="FormatException">There is one, and what it holds is no pair record.</exception>
    public static PairRecord? Read(V1Lease? lease)
    {
        if (lease is null) return null;
        var text = Text(lease) ?? throw new FormatException($"the Lease {lease.Metadata.Name} has no annotation {Names.PairRecordAnnotation}");
        return PairRecordCodec.Decode(text) with { ResourceVersion = lease.Metadata.ResourceVersion ?? "", Uid = lease.Metadata.Uid ?? "" };
    }

    /// <summary>Whether a site has only said of itself, or of what it hears of the other, what is not so any more: that is for the other site, whose operator watches it.</summary>
    public static bool IsOfFactsAlone(V1Lease before, V1Lease now)
    {
        if (Text(before) is not { } old || Text(now) is not { } text || !before.Metadata.SaysTheSameAs(now.Metadata, but: Names.PairRecordAnnotation)) return false;
        try
        {
            return PairRecordCodec.Decode(old).SaysTheSameAs(PairRecordCodec.Decode(text));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static string? Text(V1Lease lease) => lease.Metadata.Annotations?.GetValueOrDefault(Names.PairRecordAnnotation);

    /// <summary>The Lease as it was read, with another record in it: its resourceVersion makes the write a swap.</summary>
    public static V1Lease With(V1Lease read, PairRecord record)
    {
        var lease = KubernetesJson.Clone(read);
        (lease.Metadata.Annotations ??= [])[Names.PairRecordAnnotation] = PairRecordCodec.Encode(record);
        lease.Spec = Spec(record);
        return lease;
    }

    /// <summary>It has no owner: it outlives the pair object, for the epochs in it must not begin anew.</summary>
    public static V1Lease New(string @namespace, string pair, string cluster, PairRecord record) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Names.PairRecord(pair),
            Namespace = @namespace,
            Labels = new() { [Names.ClusterLabel] = cluster },
            Annotations = new() { [Names.PairRecordAnnotation] = PairRecordCodec.Encode(record) },
        },
        Spec = Spec(record),
    };

    /// <summary>For whoever reads Leases: the site that is primary, and the number of the pair epoch.</summary>
    private static V1LeaseSpec Spec(PairRecord record) => new() { HolderIdentity = record.PairEpoch.Site, LeaseTransitions = (int)record.PairEpoch.Number };

    // ---- the cluster's record: the pair changes its annotation alone ----

    /// <exception cref="FormatException">There is a Lease, and what it holds is no record.</exception>
    public static PrimaryRecord? ReadCluster(V1Lease? lease)
    {
        if (lease is null) return null;
        var text = lease.Metadata.Annotations?.GetValueOrDefault(Names.RecordAnnotation) ?? throw new FormatException($"the Lease {lease.Metadata.Name} has no annotation {Names.RecordAnnotation}");
        var fields = new RecordCodec.LeaseFields(lease.Spec?.HolderIdentity, lease.Spec?.LeaseTransitions ?? 0, lease.Spec?.RenewTime, lease.Spec?.LeaseDurationSeconds ?? 0);
        return RecordCodec.Decode(text, fields) with { ResourceVersion = lease.Metadata.ResourceVersion ?? "", Uid = lease.Metadata.Uid ?? "" };
    }

    /// <summary>Holder, epoch and renewTime stay as they were read: they are the agents' own.</summary>
    public static V1Lease WithCluster(V1Lease read, PrimaryRecord record)
    {
        var lease = KubernetesJson.Clone(read);
        (lease.Metadata.Annotations ??= [])[Names.RecordAnnotation] = RecordCodec.Encode(record).Json;
        return lease;
    }
}
