using Tandem.Kubernetes.Crds;

namespace Tandem.Resources;

/// <summary>Names data by what no other data shares: which database it is, and where its log ends.</summary>
public sealed record DiscardDataSpec
{
    [Description("PostgreSQL's identifier of the database, e.g. 7300000000000000001.")]
    [Required, Length(1, 20), Pattern("^[0-9]+$")]
    public string SystemIdentifier { get; set; } = "";

    [Description("Timeline that its log ends on.")]
    [Required, RangeMinimum(1), RangeMaximum(4294967295)]
    public long Timeline { get; set; }

    [Description("Position at which its log ends, e.g. 0/5A01E38.")]
    [Required, Length(3, 17), Pattern("^[0-9A-F]{1,8}/[0-9A-F]{1,8}$")]
    public string Lsn { get; set; } = "";
}
