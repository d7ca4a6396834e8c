namespace Tandem.Resources;

/// <summary>Every name that the operator, the agents and the plug-in must agree on. A name that is written twice is written here.</summary>
public static class Names
{
    public const string Group = "tandem.dev";

    // ---- labels of pods, claims, Services, Secrets ----
    public const string ClusterLabel = "tandem.dev/cluster";

    /// <summary>Value: the pod's name. The <c>-rw</c> and <c>-dr</c> Services select it.</summary>
    public const string InstanceLabel = "tandem.dev/instance";

    /// <summary>On pods, written by each agent on its own: <c>primary</c>, <c>main-standby</c>, <c>standby</c>, <c>cascade</c>.</summary>
    public const string RoleLabel = "tandem.dev/role";

    /// <summary>On pods, written by each agent on its own: <c>true</c> where reads through <c>-ro</c> may go.</summary>
    public const string ReadableLabel = "tandem.dev/readable";

    /// <summary>What <c>-rw</c> selects while nobody may be written to; no pod bears it.</summary>
    public const string NoInstance = "none";

    // ---- annotations ----

    /// <summary>On the record's Lease: the record as JSON (protocol, section 1).</summary>
    public const string RecordAnnotation = "tandem.dev/record";

    /// <summary>On the pair record's Lease: the pair record as JSON (protocol, section 5).</summary>
    public const string PairRecordAnnotation = "tandem.dev/pair-record";

    /// <summary>On the <c>-rw</c> and <c>-dr</c> Services: the epoch their selector was set in; it only rises.</summary>
    public const string EpochAnnotation = "tandem.dev/epoch";

    /// <summary>On a DatabaseCluster: a request for a planned switchover, <c>{"id","to","fromEpoch"}</c>; acts only in that epoch, so acting uses it up.</summary>
    public const string SwitchoverAnnotation = "tandem.dev/switchover";

    /// <summary>On a DatabaseCluster: a request to make one instance primary without the others, <c>{"id","to","fromEpoch","fromRevision"}</c>; acts only where that instance has obeyed nothing later.</summary>
    public const string ResetAnnotation = "tandem.dev/reset-primary";

    // ---- names of objects, by cluster ----
    public static string Instance(string cluster, int ordinal) => $"{cluster}-{ordinal}";
    public static string Record(string cluster) => cluster;
    public static string PairRecord(string pair) => $"{pair}-dr";
    public static string ReadWriteService(string cluster) => $"{cluster}-rw";
    public static string ReadOnlyService(string cluster) => $"{cluster}-ro";
    public static string ReadService(string cluster) => $"{cluster}-r";

    /// <summary>Selects the record's holder in both run modes: where the other site streams from.</summary>
    public static string ReplicationService(string cluster) => $"{cluster}-dr";

    public static string AgentAccount(string cluster) => $"{cluster}-agent";

    /// <summary>Secret of the application: host, port, username, user, password, dbname, uri.</summary>
    public static string ApplicationSecret(string cluster) => $"{cluster}-app";

    /// <summary>Secret: <c>ca.crt</c>, <c>ca.key</c>. Only the operator reads it.</summary>
    public static string AuthoritySecret(string cluster) => $"{cluster}-ca";

    /// <summary>ConfigMap, public: <c>ca.crt</c>: this cluster's authority, for clients and for the other site.</summary>
    public static string AuthorityConfigMap(string cluster) => $"{cluster}-ca";

    /// <summary>Secret of one instance: <c>tls.crt</c>, <c>tls.key</c>, <c>ca.crt</c> (this cluster's authority), <c>bundle.crt</c> (that and the other site's).</summary>
    public static string InstanceSecret(string instance) => $"{instance}-tls";

    /// <summary>Secret of the operator's own client certificate towards the agents of a cluster: as <see cref="InstanceSecret"/>.</summary>
    public static string OperatorSecret(string cluster) => $"{cluster}-operator-tls";

    /// <summary>Common name in the operator's client certificate.</summary>
    public const string OperatorIdentity = "tandem-operator";

    // ---- inside a pod ----
    public const string PostgresContainer = "postgres";
    public const string AgentInstallContainer = "agent";
    public const int PostgresPort = 5432;

    /// <summary>Agent links: HTTP/2, mutual TLS.</summary>
    public const int AgentPort = 8432;

    /// <summary>Probes of the kubelet: plain HTTP, <c>/livez</c> and <c>/readyz</c>, one word each.</summary>
    public const int ProbePort = 8433;

    /// <summary>Mount of the claim: <c>pgdata/</c>, <c>agent/</c>, <c>salvage/</c>.</summary>
    public const string VolumePath = "/var/lib/tandem";

    /// <summary>emptyDir with the agent's executable, filled by the init container.</summary>
    public const string AgentPath = "/tandem-bin";

    /// <summary>emptyDir in memory: socket, copies of the TLS files with mode 0600.</summary>
    public const string RuntimePath = "/run/tandem";

    /// <summary>Mount of <see cref="InstanceSecret"/>.</summary>
    public const string TlsPath = "/etc/tandem/tls";

    /// <summary>The way to the pair's arbiter, copied from the Secret that the pair names, for the operator and the agents of this cluster.</summary>
    public static string ArbiterSecret(string cluster) => $"{cluster}-arbiter";

    /// <summary>Mount of <see cref="ArbiterSecret"/>.</summary>
    public const string ArbiterPath = "/etc/tandem/arbiter";

    /// <summary>Keys of <see cref="ArbiterSecret"/>.</summary>
    public const string ArbiterKubeconfigKey = "kubeconfig", ArbiterNamespaceKey = "namespace", ArbiterUriKey = "uri";

    /// <summary>Mount of <see cref="ApplicationSecret"/>.</summary>
    public const string ApplicationPath = "/etc/tandem/app";

    // ---- environment of the agent: POD_NAME, POD_NAMESPACE, POD_UID, POD_IP, NODE_NAME by the downward API, and ----
    public const string ClusterVariable = "TANDEM_CLUSTER";
    public const string ClaimUidVariable = "TANDEM_CLAIM_UID";
    public const string SiteVariable = "TANDEM_SITE";
}
