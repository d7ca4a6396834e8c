using System.Text.Json;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>
/// The pod of one instance: any PostgreSQL image as it is, with the agent copied in by an init container as process 1. A bare pod (docs/adr/0003-bare-pods.md):
/// restarted in place by the kubelet, made anew by the operator, never a second one on the same volume.
/// </summary>
public static class PodBuilder
{
    /// <summary>Of the template that the pod was made from: a pod that bears another one is due for a roll-out.</summary>
    public const string TemplateAnnotation = "tandem.dev/template";

    private const string DataVolume = "data";
    private const string AgentVolume = "agent";
    private const string RuntimeVolume = "runtime";
    private const string TlsVolume = "tls";
    private const string ApplicationVolume = "app";
    private const string ArbiterVolume = "arbiter";
    private const string TemporaryVolume = "tmp";
    private const string SharedMemoryVolume = "shm";

    /// <summary>Handing over, stopping the server and releasing what it held; a drain waits as long at most.</summary>
    private const int GracePeriodSeconds = 60;

    /// <summary>0440: the processes' group reads, nobody else.</summary>
    private const int SecretMode = 0x120;

    public static V1Pod Build(DatabaseCluster cluster, string instance, string claimUid, PodSettings settings)
    {
        var pod = new V1Pod
        {
            Metadata = OwnedMetadata.Of(cluster, instance, instance, new() { ["kubectl.kubernetes.io/default-container"] = Names.PostgresContainer }),
            Spec = Specification(cluster, instance, claimUid, settings),
        };
        pod.Metadata.Annotations![TemplateAnnotation] = ContentHash.Of(pod);
        return pod;
    }

    private static V1PodSpec Specification(DatabaseCluster cluster, string instance, string claimUid, PodSettings settings)
    {
        var spec = cluster.Spec;
        return new V1PodSpec
        {
            RestartPolicy = "Always",
            TerminationGracePeriodSeconds = GracePeriodSeconds,
            ServiceAccountName = Names.AgentAccount(cluster.Metadata.Name!),
            EnableServiceLinks = false,
            PriorityClassName = spec.PriorityClassName,
            ImagePullSecrets = spec.ImagePullSecrets.Count == 0 ? null : [.. spec.ImagePullSecrets.Select(s => new V1LocalObjectReference { Name = s.Name })],
            NodeSelector = spec.NodeSelector.Count == 0 ? null : new(spec.NodeSelector),
            // Nothing beside the user's: a node that is lost or unreachable keeps its pod for the API's own 300 s. The agents have long elected another primary then,
            // and a pod deleted earlier would only be bound to the same node again by its volume.
            Tolerations = spec.Tolerations.Count == 0 ? null : [.. spec.Tolerations.Select(Toleration)],
            Affinity = Affinity(cluster),
            SecurityContext = new V1PodSecurityContext
            {
                RunAsNonRoot = true,
                RunAsUser = spec.SecurityContext.RunAsUser,
                RunAsGroup = spec.SecurityContext.RunAsGroup,
                FsGroup = spec.SecurityContext.FsGroup,
                FsGroupChangePolicy = "OnRootMismatch",
                SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
            },
            InitContainers = [InstallContainer(spec, settings)],
            Containers = [PostgresContainer(cluster, claimUid, settings)],
            Volumes = Volumes(cluster, instance),
        };
    }

    private static V1Container InstallContainer(DatabaseClusterSpec spec, PodSettings settings) => new()
    {
        Name = Names.AgentInstallContainer,
        Image = settings.AgentImage,
        ImagePullPolicy = settings.AgentImagePullPolicy,
        Command = ["/tandem/agent", "install", Names.AgentPath],
        Resources = Resources(spec),
        SecurityContext = Hardened(),
        VolumeMounts = [Mount(AgentVolume, Names.AgentPath), Mount(TemporaryVolume, "/tmp")],
    };

    private static V1Container PostgresContainer(DatabaseCluster cluster, string claimUid, PodSettings settings) => new()
    {
        Name = Names.PostgresContainer,
        Image = cluster.Spec.Image,
        ImagePullPolicy = cluster.Spec.ImagePullPolicy switch { ImagePullPolicy.Always => "Always", ImagePullPolicy.Never => "Never", _ => "IfNotPresent" },
        Command = [Names.AgentPath + "/agent", "run"],
        Env =
        [
            FromPod("POD_NAME", "metadata.name"),
            FromPod("POD_NAMESPACE", "metadata.namespace"),
            FromPod("POD_UID", "metadata.uid"),
            FromPod("POD_IP", "status.podIP"),
            FromPod("NODE_NAME", "spec.nodeName"),
            new V1EnvVar { Name = Names.ClusterVariable, Value = cluster.Metadata.Name },
            new V1EnvVar { Name = Names.ClaimUidVariable, Value = claimUid },
            new V1EnvVar { Name = Names.SiteVariable, Value = settings.Site },
            // 15 MB of memory less in each agent: docs/adr/0002-one-self-contained-file.md.
            new V1EnvVar { Name = "DOTNET_EnableWriteXorExecute", Value = "0" },
        ],
        Ports =
        [
            new V1ContainerPort { Name = "postgres", ContainerPort = Names.PostgresPort, Protocol = "TCP" },
            new V1ContainerPort { Name = "agent", ContainerPort = Names.AgentPort, Protocol = "TCP" },
            new V1ContainerPort { Name = "probe", ContainerPort = Names.ProbePort, Protocol = "TCP" },
        ],
        Resources = Resources(cluster.Spec),
        SecurityContext = Hardened(),
        VolumeMounts =
        [
            Mount(DataVolume, Names.VolumePath),
            Mount(AgentVolume, Names.AgentPath, readOnly: true),
            Mount(RuntimeVolume, Names.RuntimePath),
            Mount(TlsVolume, Names.TlsPath, readOnly: true),
            Mount(ApplicationVolume, Names.ApplicationPath, readOnly: true),
            Mount(ArbiterVolume, Names.ArbiterPath, readOnly: true),
            Mount(TemporaryVolume, "/tmp"),
            Mount(SharedMemoryVolume, "/dev/shm"),
        ],
        // The probes speak of the agent alone: a server that recovers, clones or is held is no reason to kill its supervisor.
        StartupProbe = Probe("/livez", periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 300),
        LivenessProbe = Probe("/livez", periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 6),
        ReadinessProbe = Probe("/readyz", periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 2),
    };

    private static List<V1Volume> Volumes(DatabaseCluster cluster, string instance) =>
    [
        new V1Volume { Name = DataVolume, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = instance } },
        new V1Volume { Name = AgentVolume, EmptyDir = new V1EmptyDirVolumeSource() },
        new V1Volume { Name = RuntimeVolume, EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory" } },
        new V1Volume { Name = TlsVolume, Secret = new V1SecretVolumeSource { SecretName = Names.InstanceSecret(instance), DefaultMode = SecretMode } },
        // Optional: at a standby site it comes from the other site, after the pods.
        new V1Volume { Name = ApplicationVolume, Secret = new V1SecretVolumeSource { SecretName = Names.ApplicationSecret(cluster.Metadata.Name!), DefaultMode = SecretMode, Optional = true } },
        // Optional: so that a pair can be given an arbiter without new pods.
        new V1Volume { Name = ArbiterVolume, Secret = new V1SecretVolumeSource { SecretName = Names.ArbiterSecret(cluster.Metadata.Name!), DefaultMode = SecretMode, Optional = true } },
        new V1Volume { Name = TemporaryVolume, EmptyDir = new V1EmptyDirVolumeSource() },
        // The 64 MiB that runtimes give are too few for parallel queries.
        new V1Volume { Name = SharedMemoryVolume, EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory" } },
    ];

    private static V1Affinity Affinity(DatabaseCluster cluster)
    {
        var affinity = cluster.Spec.Affinity is { ValueKind: JsonValueKind.Object } written
            ? JsonSerializer.Deserialize(written, KubernetesJson.TypeInfo<V1Affinity>()) ?? new V1Affinity()
            : new V1Affinity();
        affinity.PodAntiAffinity ??= AntiAffinity(cluster);
        return affinity;
    }

    private static V1PodAntiAffinity AntiAffinity(DatabaseCluster cluster)
    {
        var term = new V1PodAffinityTerm
        {
            LabelSelector = new V1LabelSelector { MatchLabels = new() { [Names.ClusterLabel] = cluster.Metadata.Name! } },
            TopologyKey = cluster.Spec.TopologyKey,
        };
        return cluster.Spec.PodAntiAffinity == PodAntiAffinity.Required
            ? new V1PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [term] }
            : new V1PodAntiAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new V1WeightedPodAffinityTerm { Weight = 100, PodAffinityTerm = term }] };
    }

    private static V1Toleration Toleration(TolerationSpec toleration) => new()
    {
        Key = toleration.Key,
        Operator = toleration.Operator == TolerationOperator.Exists ? "Exists" : "Equal",
        Value = toleration.Value,
        Effect = toleration.Effect switch { TaintEffect.NoSchedule => "NoSchedule", TaintEffect.PreferNoSchedule => "PreferNoSchedule", TaintEffect.NoExecute => "NoExecute", _ => null },
        TolerationSeconds = toleration.TolerationSeconds,
    };

    private static V1ResourceRequirements? Resources(DatabaseClusterSpec spec) => spec.Resources.Requests.Count + spec.Resources.Limits.Count == 0 ? null : new V1ResourceRequirements
    {
        Requests = Quantities(spec.Resources.Requests),
        Limits = Quantities(spec.Resources.Limits),
    };

    private static Dictionary<string, string>? Quantities(Dictionary<string, Tandem.Resources.Values.Quantity> quantities) =>
        quantities.Count == 0 ? null : quantities.ToDictionary(q => q.Key, q => q.Value.Text);

    private static V1SecurityContext Hardened() => new()
    {
        AllowPrivilegeEscalation = false,
        Privileged = false,
        ReadOnlyRootFilesystem = true,
        RunAsNonRoot = true,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    private static V1Probe Probe(string path, int periodSeconds, int timeoutSeconds, int failureThreshold) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = Names.ProbePort, Scheme = "HTTP" },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = timeoutSeconds,
        FailureThreshold = failureThreshold,
        SuccessThreshold = 1,
    };

    private static V1EnvVar FromPod(string name, string field) => new() { Name = name, ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = field } } };

    private static V1VolumeMount Mount(string name, string path, bool readOnly = false) => new() { Name = name, MountPath = path, ReadOnly = readOnly ? true : null };
}
