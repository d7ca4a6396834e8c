namespace Tandem.Resources.Validation.Pair;

/// <summary>A pair without a link: what is for it alone, and what it cannot do.</summary>
internal static class ByHandRules
{
    /// <summary>With a link the other site is read as it is: what a person carried once would say otherwise, and nobody would know which counts.</summary>
    public static IEnumerable<FieldError> OnlyWithoutALink(DisasterRecoveryPairInput input)
    {
        if (input.IsByHand) yield break;
        const string problem = "is for a pair without a link; remove it, or kubernetes of both sites";
        if (input.Spec.Switchover is not null) yield return FieldError.Of("spec.switchover", "a switchover by hand", Reasons.FieldsDisagree, problem);
        if (input.Spec.Letters is not null) yield return FieldError.Of("spec.letters", input.Spec.Letters.KeySecret, Reasons.FieldsDisagree, problem);
        for (var i = 0; i < input.Spec.Sites.Count; i++)
            if (input.Spec.Sites[i].Letter is not null) yield return FieldError.Of($"spec.sites[{i}].letter", "a letter", Reasons.FieldsDisagree, problem);
    }

    public static IEnumerable<FieldError> OnlyWhatNeedsNoLink(DisasterRecoveryPairInput input)
    {
        if (!input.IsByHand) yield break;
        if (input.Spec.Synchronization.Mode != PairSynchronizationMode.Asynchronous)
            yield return FieldError.Of("spec.synchronization.mode", input.Spec.Synchronization.Mode, Reasons.FieldsDisagree, "needs a link: what is counted between the sites stands in both records; set it to Asynchronous, or name spec.sites[].kubernetes");
        if (input.Spec.Letters is { } letters)
            foreach (var error in Check.ObjectName("spec.letters.keySecret", letters.KeySecret, 253)) yield return error;
        if (input.Spec.Switchover is { Attempt: < 1 } switchover)
            yield return FieldError.Of("spec.switchover.attempt", switchover.Attempt, Reasons.OutOfRange, "is no number of an attempt: they begin at 1; set it to 1, or remove it");
    }
}
