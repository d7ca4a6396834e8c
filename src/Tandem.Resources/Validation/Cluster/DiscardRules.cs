using System.Globalization;
using Tandem.Resources.Values;

namespace Tandem.Resources.Validation.Cluster;

/// <summary>A consent that cannot be read consents to nothing: it is said, and not passed over.</summary>
internal static class DiscardRules
{
    public static IEnumerable<FieldError> ValuesAreValues(DatabaseClusterInput input)
    {
        if (input.Spec.DiscardData is not { } discard) yield break;
        if (!ulong.TryParse(discard.SystemIdentifier, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            yield return FieldError.Of("spec.discardData.systemIdentifier", discard.SystemIdentifier, Reasons.InvalidValue, "is not a system identifier; write the number that the condition WouldDiscardData says, in quotes");
        foreach (var error in Check.Range("spec.discardData.timeline", discard.Timeline, 1, uint.MaxValue)) yield return error;
        if (!Lsn.TryParse(discard.Lsn, out _))
            yield return FieldError.Of("spec.discardData.lsn", discard.Lsn, Reasons.InvalidValue, "is not a position in the log; write it as the condition WouldDiscardData says it, e.g. 0/5A01E38");
    }
}
