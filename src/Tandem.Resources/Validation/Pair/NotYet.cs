namespace Tandem.Resources.Validation.Pair;

/// <summary>What the resource can say and Tandem cannot do yet. Refused by name: a line here goes away with the code that does it.</summary>
internal static class NotYet
{
    public static IEnumerable<FieldError> Refused(DisasterRecoveryPairInput input)
    {
        var spec = input.Spec;
        if (spec.Transport == PairTransport.Storage)
            yield return Error("spec.transport", spec.Transport, "set it to Streaming");
        if (spec.Switchover is not null)
            yield return Error("spec.switchover", "a switchover by hand", "remove it, and use a link between the sites");
    }

    private static FieldError Error(string field, object value, string wayOut) => FieldError.Of(field, value, Reasons.NotYetSupported, $"is not yet supported; {wayOut}");
}
