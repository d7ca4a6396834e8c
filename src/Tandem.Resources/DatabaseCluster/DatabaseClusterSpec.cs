using System.Text.Json;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Validation;
using Tandem.Resources.Values;

namespace Tandem.Resources;

[Description("What the database shall be.")]
[ValidationRule("!has(self.synchronization.mode) || self.synchronization.mode != 'Quorum' || self.instances >= 3", "spec.synchronization.mode Quorum needs at least 3 instances: with 2, use Synchronous")]
[ValidationRule("!has(self.synchronization.mode) || self.synchronization.mode != 'Synchronous' || self.instances >= 2", "spec.synchronization.mode Synchronous needs at least 2 instances: with 1, use Asynchronous")]
[ValidationRule("self.instances < 3 || (has(self.synchronization.mode) && self.synchronization.mode != 'Quorum') || self.synchronization.acknowledgements < self.instances - 1",
    "spec.synchronization.acknowledgements must be less than the standbys (spec.instances - 1): lower it, raise spec.instances, or set spec.synchronization.mode to Synchronous to wait for every standby")]
public sealed record DatabaseClusterSpec
{
    [Description("Name of the DisasterRecoveryPair (same namespace) that this cluster belongs to. The cluster waits for it before it makes a database: at a standby site it must never make one of its own. Absent: a cluster by itself. Can be added and taken away, not changed to another.")]
    [Length(1, 40), Pattern("^[a-z]([-a-z0-9]*[a-z0-9])?$"), ValidationRule("self == oldSelf", "spec.pair cannot be changed to another pair: remove it first, when the old pair is dissolved")]
    public string? Pair { get; set; }

    [Description("How many instances, each a pod with a volume of its own.")]
    [RangeMinimum(1), RangeMaximum(9)]
    public int Instances { get; set; } = 3;

    [Description("Which database server the image holds. Cannot be changed.")]
    [ValidationRule("self == oldSelf", "spec.engine cannot be changed: the data of one engine is not that of another; make a new cluster and load a dump")]
    public DatabaseEngine Engine { get; set; } = DatabaseEngine.PostgreSQL;

    [Description("Container image with the database server's programs: any that is built on glibc, e.g. postgres:17. A change is rolled out one instance at a time, the primary last.")]
    [Required, Length(1, 512), Pattern(ImagePattern.Expression)]
    public string Image { get; set; } = "";

    [Description("When the nodes fetch the image.")]
    public ImagePullPolicy ImagePullPolicy { get; set; } = ImagePullPolicy.IfNotPresent;

    [Description("Secrets with the credentials of the image's registry.")]
    [Items(0, 20), ListMapKeys("name")]
    public List<SecretReference> ImagePullSecrets { get; set; } = [];

    [Description("The volume of each instance.")]
    [Required]
    public StorageSpec Storage { get; set; } = new();

    [Description("CPU and memory of each database container.")]
    public ResourcesSpec Resources { get; set; } = new();

    [Description("The application's database, made once when the cluster is made. Secret <name>-app has host, port, user, password, dbname and uri.")]
    public DatabaseSpec Database { get; set; } = new();

    [Description("Settings of the server (postgresql.conf), by name; all values are strings. A change is applied by reload or by rolling restart, as the setting needs. Settings that Tandem's protocol owns are refused by name.")]
    [Items(0, 400), Length(0, 8192)]
    public Dictionary<string, string> Parameters { get; set; } = [];

    [Description("Who may connect from where: lines of pg_hba.conf, in order, after those that Tandem itself needs. Absent: every user to every database by TLS with scram-sha-256.")]
    [Items(0, 200), Length(1, 1024)]
    public List<string> AccessRules { get; set; } = [];

    [Description("How many standbys must have a commit before it is acknowledged.")]
    public SynchronizationSpec Synchronization { get; set; } = new();

    [Description("When the primary is taken for lost, and who may take over.")]
    public FailoverSpec Failover { get; set; } = new();

    [Description("Which instances are preferred as primary: of two that are equally far, the higher priority wins. Nothing moves back by itself.")]
    [Items(0, 9), ListMapKeys("instance")]
    public List<InstancePriority> InstancePriorities { get; set; } = [];

    [Description("The Services of the cluster: <name>-rw, <name>-ro, <name>-r, and <name>-dr where there is a pair.")]
    public ServicesSpec Services { get; set; } = new();

    [Description("Whether an instance that fell behind or diverged is brought back by itself: by rewind, else by a new base backup. With false it is held until `kubectl tandem rejoin`.")]
    public bool AutoRejoin { get; set; } = true;

    [Description("Consent to discard data that a base backup would overwrite and that is nowhere else. Only where an instance is held with reason WouldDiscardData, whose message says what to write here; anything but exactly those values does nothing, so that it may stay in Git.")]
    public DiscardDataSpec? DiscardData { get; set; }

    [Description("Stops all changes by the operator. The agents go on keeping the database alive: see docs/ on what a pause means.")]
    public bool Paused { get; set; }

    [Description("User and groups of the database's processes; must own the image's server files. 999 is that of the postgres images built on Debian.")]
    public SecuritySpec SecurityContext { get; set; } = new();

    [Description("Labels that a node must have.")]
    [Items(0, 50), Length(0, 63)]
    public Dictionary<string, string> NodeSelector { get; set; } = [];

    [Description("Taints of nodes that the pods tolerate, as in a pod.")]
    [Items(0, 50)]
    public List<TolerationSpec> Tolerations { get; set; } = [];

    [Description("Whether two instances may share a node: Required never, Preferred only if there is no other.")]
    public PodAntiAffinity PodAntiAffinity { get; set; } = PodAntiAffinity.Preferred;

    [Description("Label of nodes by whose value instances are kept apart.")]
    [Length(1, 316)]
    public string TopologyKey { get; set; } = "kubernetes.io/hostname";

    [Description("Affinity of the pods, handed on as written, as in a pod. Its podAntiAffinity takes the place of spec.podAntiAffinity.")]
    [PreserveUnknownFields]
    public JsonElement? Affinity { get; set; }

    [Description("PriorityClass of the pods.")]
    [Length(1, 253)]
    public string? PriorityClassName { get; set; }
}
