namespace Tandem.Operator;

/// <summary>Names that the operator alone uses.</summary>
public static class OperatorNames
{
    /// <summary>Field manager of everything that is applied server-side.</summary>
    public const string FieldManager = "tandem-operator";

    /// <summary>The Lease of the operator's own leadership.</summary>
    public const string LeadershipLease = "tandem-operator";
}
