using Tandem.Resources.Values;

namespace Tandem.Resources.Validation.Cluster;

internal static class StorageRules
{
    private const string MinimumSize = "1Gi";
    private const string MaximumSize = "1Pi";
    private const string MaximumLag = "1Ti";

    public static IEnumerable<FieldError> SizeFits(DatabaseClusterInput input)
    {
        var size = input.Spec.Storage.Size;
        if (string.IsNullOrEmpty(size.Text)) return [FieldError.Of("spec.storage.size", null, Reasons.FieldRequired, "but needed; set it, e.g. to 20Gi")];
        return Check.Bytes("spec.storage.size", size, MinimumSize, MaximumSize);
    }

    public static IEnumerable<FieldError> LagsFit(DatabaseClusterInput input) =>
    [
        .. Check.Bytes("spec.synchronization.resumeLag", input.Spec.Synchronization.ResumeLag, "0", MaximumLag),
        .. Check.Bytes("spec.failover.maximumLag", input.Spec.Failover.MaximumLag, "0", MaximumLag),
        .. Check.Bytes("spec.services.readOnly.maximumReadLag", input.Spec.Services.ReadOnly.MaximumReadLag, "0", MaximumLag),
    ];

    public static IEnumerable<FieldError> ResourcesFit(DatabaseClusterInput input)
    {
        var resources = input.Spec.Resources;
        foreach (var error in Amounts("spec.resources.requests", resources.Requests).Concat(Amounts("spec.resources.limits", resources.Limits))) yield return error;
        foreach (var (name, request) in resources.Requests)
        {
            if (request.TryGet(out var asked) && resources.Limits.TryGetValue(name, out var limit) && limit.TryGet(out var allowed) && asked > allowed)
                yield return FieldError.Of($"spec.resources.requests.{name}", request, Reasons.FieldsDisagree, $"is more than the limit of {limit}; lower it, or raise spec.resources.limits.{name}");
        }
    }

    private static IEnumerable<FieldError> Amounts(string field, Dictionary<string, Quantity> amounts) => amounts.SelectMany(a => a.Key switch
    {
        "memory" => Check.Bytes($"{field}.memory", a.Value, "64Mi", "64Ti"),
        "cpu" => Cpu($"{field}.cpu", a.Value),
        _ when a.Key == "ephemeral-storage" || a.Key.StartsWith("hugepages-", StringComparison.Ordinal) => Check.Bytes($"{field}.{a.Key}", a.Value, "0", MaximumSize),
        _ when a.Key.Contains('/') => Check.Bytes($"{field}.{a.Key}", a.Value, "0", MaximumSize),
        _ => [FieldError.Of($"{field}.{a.Key}", a.Value, Reasons.InvalidValue, "is for no resource that a container has; use cpu, memory, ephemeral-storage, hugepages-<size> or a name with a slash")],
    });

    private static IEnumerable<FieldError> Cpu(string field, Quantity value)
    {
        if (!value.TryGet(out var cores)) yield return FieldError.Of(field, value, Reasons.InvalidValue, "is not a quantity; write it as 500m or 2");
        else if (cores is < 0.01m or > 1024) yield return FieldError.Of(field, value, Reasons.OutOfRange, "is not within 10m and 1024; set it to a number of cores in between");
    }
}
