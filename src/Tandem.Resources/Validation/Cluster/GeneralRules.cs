using System.Text.RegularExpressions;

namespace Tandem.Resources.Validation.Cluster;

internal static partial class GeneralRules
{
    public const int MaximumNameLength = 40;
    public const int MaximumInstances = 9;

    /// <summary>Pods, Services and slots bear names made of it: a Service's begins with a letter, a slot's has 63 characters.</summary>
    public static IEnumerable<FieldError> NameFits(DatabaseClusterInput input)
    {
        if (!ClusterName().IsMatch(input.Name) || input.Name.Length > MaximumNameLength)
            yield return FieldError.Of("metadata.name", input.Name, Reasons.InvalidValue, $"must begin with a letter, hold lower-case letters, digits and dashes only, and have at most {MaximumNameLength} characters");
        if (input.Spec.Pair is { } pair && (!ClusterName().IsMatch(pair) || pair.Length > MaximumNameLength))
            yield return FieldError.Of("spec.pair", pair, Reasons.InvalidValue, "is not the name of a DisasterRecoveryPair; set it to that name, or remove it for a cluster by itself");
    }

    public static IEnumerable<FieldError> WordsAreKnown(DatabaseClusterInput input)
    {
        var spec = input.Spec;
        return
        [
            .. Check.Word("spec.engine", spec.Engine),
            .. Check.Word("spec.imagePullPolicy", spec.ImagePullPolicy),
            .. Check.Word("spec.podAntiAffinity", spec.PodAntiAffinity),
            .. Check.Word("spec.synchronization.mode", spec.Synchronization.Mode),
            .. Check.Word("spec.synchronization.durability", spec.Synchronization.Durability),
            .. Check.Word("spec.services.readWrite.type", spec.Services.ReadWrite.Type),
            .. Check.Word("spec.services.readWrite.sessionAffinity", spec.Services.ReadWrite.SessionAffinity),
            .. Check.Word("spec.services.readOnly.type", spec.Services.ReadOnly.Type),
            .. Check.Word("spec.services.readOnly.sessionAffinity", spec.Services.ReadOnly.SessionAffinity),
            .. Check.Word("spec.services.readOnly.fallback", spec.Services.ReadOnly.Fallback),
            .. Check.Word("spec.services.read.type", spec.Services.Read.Type),
            .. Check.Word("spec.services.read.sessionAffinity", spec.Services.Read.SessionAffinity),
            .. Check.Word("spec.services.replication.type", spec.Services.Replication.Type),
            .. spec.Tolerations.SelectMany((t, i) => Check.Word($"spec.tolerations[{i}].operator", t.Operator)),
            .. spec.Tolerations.SelectMany((t, i) => Check.Word($"spec.tolerations[{i}].effect", t.Effect)),
        ];
    }

    public static IEnumerable<FieldError> InstancesInRange(DatabaseClusterInput input) =>
        Check.Range("spec.instances", input.Spec.Instances, 1, MaximumInstances);

    public static IEnumerable<FieldError> ImageIsAReference(DatabaseClusterInput input)
    {
        if (!ImageReference().IsMatch(input.Spec.Image) || input.Spec.Image.Length > 512)
            yield return FieldError.Of("spec.image", input.Spec.Image, Reasons.InvalidValue, "is not the name of an image; write it as postgres:17 or registry.example/team/postgres:17");
    }

    public static IEnumerable<FieldError> UserIsNotRoot(DatabaseClusterInput input) =>
    [
        .. Check.Range("spec.securityContext.runAsUser", input.Spec.SecurityContext.RunAsUser, 1, int.MaxValue),
        .. Check.Range("spec.securityContext.runAsGroup", input.Spec.SecurityContext.RunAsGroup, 1, int.MaxValue),
        .. Check.Range("spec.securityContext.fsGroup", input.Spec.SecurityContext.FsGroup, 1, int.MaxValue),
    ];

    public static IEnumerable<FieldError> EngineIsSupported(DatabaseClusterInput input)
    {
        if (input.Spec.Engine is DatabaseEngine.OpenGauss or DatabaseEngine.KingbaseES)
            yield return FieldError.Of("spec.engine", input.Spec.Engine, Reasons.NotYetSupported, "is not yet supported; set it to PostgreSQL");
    }

    public static IEnumerable<FieldError> PrioritiesNameInstances(DatabaseClusterInput input)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < input.Spec.InstancePriorities.Count; i++)
        {
            var (field, priority) = ($"spec.instancePriorities[{i}]", input.Spec.InstancePriorities[i]);
            if (!IsInstance(input, priority.Instance))
                yield return FieldError.Of(field + ".instance", priority.Instance, Reasons.InvalidValue, $"is no instance of this cluster; name one of {Names.Instance(input.Name, 1)} to {Names.Instance(input.Name, Math.Max(1, input.Spec.Instances))}");
            if (!names.Add(priority.Instance))
                yield return FieldError.Of(field + ".instance", priority.Instance, Reasons.Duplicate, "is there twice; remove one");
            foreach (var error in Check.Range(field + ".priority", priority.Priority, 0, 1000)) yield return error;
        }
    }

    private static bool IsInstance(DatabaseClusterInput input, string name) =>
        Enumerable.Range(1, Math.Clamp(input.Spec.Instances, 1, MaximumInstances)).Any(ordinal => name == Names.Instance(input.Name, ordinal));

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex ClusterName();

    [GeneratedRegex(ImagePattern.Expression)]
    private static partial Regex ImageReference();
}
