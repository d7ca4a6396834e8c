namespace Tandem.Resources.Validation.Cluster;

/// <summary>Quorum is ANY k of N with N above k (protocol, section 2).</summary>
internal static class SynchronizationRules
{
    public static IEnumerable<FieldError> ModeFitsInstances(DatabaseClusterInput input)
    {
        const string field = "spec.synchronization.mode";
        var instances = input.Spec.Instances;
        if (input.Mode == SynchronizationMode.Quorum && instances < 3)
            yield return FieldError.Of(field, input.Mode, Reasons.FieldsDisagree, $"needs at least 3 instances and there are {instances}; set it to {(instances < 2 ? "Asynchronous" : "Synchronous")} or raise spec.instances");
        if (input.Mode == SynchronizationMode.Synchronous && instances < 2)
            yield return FieldError.Of(field, input.Mode, Reasons.FieldsDisagree, $"needs a standby and there is {instances} instance; set it to Asynchronous or raise spec.instances");
    }

    public static IEnumerable<FieldError> AcknowledgementsFitStandbys(DatabaseClusterInput input)
    {
        const string field = "spec.synchronization.acknowledgements";
        var (wanted, standbys) = (input.Spec.Synchronization.Acknowledgements, input.Standbys);
        if (wanted < 1)
            yield return FieldError.Of(field, wanted, Reasons.OutOfRange, "is less than 1; set it to 1 or more, or spec.synchronization.mode to Asynchronous");
        if (input.Mode != SynchronizationMode.Quorum || input.Spec.Instances < 3) yield break;
        if (wanted > standbys)
            yield return FieldError.Of(field, wanted, Reasons.FieldsDisagree, $"is more than the {standbys} standbys of {input.Spec.Instances} instances; set it to at most {standbys - 1} or raise spec.instances");
        else if (wanted == standbys)
            yield return FieldError.Of(field, wanted, Reasons.FieldsDisagree, $"is every one of the {standbys} standbys, so that one lost standby stops all commits; set it to at most {standbys - 1}, raise spec.instances, or say so by spec.synchronization.mode Synchronous");
    }
}
