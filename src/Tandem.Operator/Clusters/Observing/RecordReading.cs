using Tandem.Kubernetes.Models;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>The primary record as the operator sees it. It only ever reads it. A closed set.</summary>
public abstract record RecordReading
{
    private RecordReading() { }

    /// <summary>No database was founded yet, or the record is lost: the agents know which.</summary>
    public sealed record Absent : RecordReading;

    public sealed record Present(PrimaryRecord Current) : RecordReading;

    /// <summary>There is a Lease, but it is no record, or one that this version cannot read.</summary>
    public sealed record Unreadable(string Message) : RecordReading;

    public static readonly RecordReading IsAbsent = new Absent();

    public PrimaryRecord? Record => (this as Present)?.Current;

    /// <summary>Whether the holder has only said again that it is there, and how far it is.</summary>
    public static bool IsRenewal(V1Lease before, V1Lease now) =>
        Of(before).Record is { } old && Of(now).Record is { } renewed && old.SaysTheSameAs(renewed) && old.Run == renewed.Run && old.Suspect == renewed.Suspect && old.IsWritable == renewed.IsWritable
        && before.Metadata.SaysTheSameAs(now.Metadata, but: Names.RecordAnnotation);

    public static RecordReading Of(V1Lease? lease)
    {
        if (lease is null) return IsAbsent;
        if (lease.Metadata.Annotations?.GetValueOrDefault(Names.RecordAnnotation) is not { } json) return new Unreadable($"the Lease {lease.Metadata.Name} has no annotation {Names.RecordAnnotation}");
        try
        {
            var fields = new RecordCodec.LeaseFields(lease.Spec?.HolderIdentity, lease.Spec?.LeaseTransitions ?? 0, lease.Spec?.RenewTime, lease.Spec?.LeaseDurationSeconds ?? 0);
            return new Present(RecordCodec.Decode(json, fields) with { ResourceVersion = lease.Metadata.ResourceVersion ?? "", Uid = lease.Metadata.Uid ?? "" });
        }
        catch (FormatException exception)
        {
            return new Unreadable($"the record in the Lease {lease.Metadata.Name} is not readable: {exception.Message}");
        }
    }
}
