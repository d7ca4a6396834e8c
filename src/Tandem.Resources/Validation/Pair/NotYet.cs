namespace Tandem.Resources.Validation.Pair;

/// <summary>What the resource can say and Tandem cannot do yet. Refused by name: a line here goes away with the code that does it.</summary>
internal static class NotYet
{
    public static IEnumerable<FieldError> Refused(DisasterRecoveryPairInput input)
    {
        var spec = input.Spec;
        if (spec.Transport == PairTransport.Storage)
            yield return Error("spec.transport", spec.Transport, "set it to Streaming");
        if (input.IsByHand && spec.Arbiter is not null)
            yield return Error("spec.arbiter", "an arbiter without a link", "remove it, or name the link of each site in spec.sites[].kubernetes");
    }

    private static FieldError Error(string field, object value, string wayOut) => FieldError.Of(field, value, Reasons.NotYetSupported, $"is not yet supported; {wayOut}");
}
