using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

[Description("The two sites, and which of them shall be writable. The same at both sites.")]
[ValidationRule("self.sites.exists(s, s.name == self.primarySite)", "spec.primarySite must be the name of one of spec.sites")]
[ValidationRule("self.failover.mode != 'Automatic' || has(self.arbiter)", "spec.failover.mode Automatic needs spec.arbiter: two sites alone never fail over by themselves")]
[ValidationRule("self.sites.all(s, oldSelf.sites.exists(o, o.name == s.name))", "spec.sites[].name cannot be changed: the pair's records speak of the old names; delete the pair, then make a new one")]
public sealed record DisasterRecoveryPairSpec
{
    [Description("Name of the DatabaseCluster, the same at both sites, in the namespace of this pair. Cannot be changed.")]
    [Required, Length(1, 40), Pattern("^[a-z]([-a-z0-9]*[a-z0-9])?$"), ValidationRule("self == oldSelf", "spec.cluster cannot be changed: delete the pair, then make one for the other cluster")]
    public string Cluster { get; set; } = "";

    [Description("The site that shall be writable. A change at both sites is a switchover; with failover.fromEpoch, a failover. To apply an old manifest at one site moves nothing.")]
    [Required, Length(1, 32), Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string PrimarySite { get; set; } = "";

    [Description("How the log reaches the other site: Streaming by the database, or Storage by mirrored volumes.")]
    public PairTransport Transport { get; set; } = PairTransport.Streaming;

    [Description("Whether a commit waits for the other site.")]
    public PairSynchronizationSpec Synchronization { get; set; } = new();

    [Description("The two sites.")]
    [Required, Items(2, 2), ListMapKeys("name")]
    public List<SiteSpec> Sites { get; set; } = [];

    [Description("When the standby site takes over without the primary site.")]
    public PairFailoverSpec Failover { get; set; } = new();

    [Description("A third place that decides which site may be writable; needed for failover.mode Automatic.")]
    public ArbiterSpec? Arbiter { get; set; }

    [Description("A switchover by hand, only where there is no link between the sites: where no site has `kubernetes`.")]
    public ManualSwitchoverSpec? Switchover { get; set; }

    [Description("How letters are signed that a person carries where there is no link between the sites. Absent: they bear a checksum, against mistakes alone.")]
    public LettersSpec? Letters { get; set; }

    [Description("Deadlines of operations.")]
    public PairTimeoutsSpec Timeouts { get; set; } = new();
}

[JsonConverter(typeof(ClosedEnumConverter<PairTransport>))]
public enum PairTransport { Streaming, Storage }

public sealed record PairSynchronizationSpec
{
    [Description("Asynchronous: commits do not wait for the other site. Synchronous: they do, from when its main standby has caught up; every standby of the primary site's set must have them too, then.")]
    public PairSynchronizationMode Mode { get; set; } = PairSynchronizationMode.Asynchronous;

    [Description("With Synchronous, when the other site does not confirm: Required, commits wait, and a failover loses nothing; Preferred, the primary site goes on alone after `degradeAfter`, and a failover may lose what it acknowledged since.")]
    public Durability Durability { get; set; } = Durability.Required;

    [Description("With Preferred: how long commits wait for the other site before the primary site goes on alone. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.synchronization.degradeAfter must be 1s to 1h")]
    public Duration DegradeAfter { get; set; } = new("10s");

    [Description("Synchronized is false while the other site is further behind.")]
    public Quantity MaximumLag { get; set; } = new("16Mi");
}

[JsonConverter(typeof(ClosedEnumConverter<PairSynchronizationMode>))]
public enum PairSynchronizationMode { Asynchronous, Synchronous }

public sealed record SiteSpec
{
    [Description("Name of the site, as its operator was told by --site.")]
    [Required, Length(1, 32), Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string Name { get; set; } = "";

    [Description("How the other site's operator reaches this site's API server. Absent for both sites: there is no link, and a person carries letters.")]
    public SiteKubernetesSpec? Kubernetes { get; set; }

    [Description("Where this site's database is streamed from. Absent: the address of its Service <cluster>-dr, read over the link.")]
    public SiteReplicationSpec? Replication { get; set; }

    [Description("Without a link: what this site says, copied by hand from its status.letter; read at the other site. An older one moves nothing.")]
    [Length(1, 16384)]
    public string? Letter { get; set; }
}

public sealed record SiteKubernetesSpec
{
    [Description("Name of a Secret (in the namespace of the pair, at the other site) whose key kubeconfig holds the way to this site's API server.")]
    [Required, Length(1, 253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string KubeconfigSecret { get; set; } = "";
}

public sealed record SiteReplicationSpec
{
    [Description("Host name or address.")]
    [Required, Length(1, 253), Pattern(@"^[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$")]
    public string Host { get; set; } = "";

    [Description("Port.")]
    [RangeMinimum(1), RangeMaximum(65535)]
    public int Port { get; set; } = 5432;
}

public sealed record PairFailoverSpec
{
    [Description("Manual: only by fromEpoch. Automatic: also when the arbiter grants it.")]
    public PairFailoverMode Mode { get; set; } = PairFailoverMode.Manual;

    [Description("With a primarySite that is not the present one: this failover ends the pair epoch of this number (status.epoch). Acting uses it up; a number that is not the present one moves nothing. Without it, a change of primarySite is a switchover.")]
    [RangeMinimum(1)]
    public long? FromEpoch { get; set; }

    [Description("With fromEpoch of the same number: the failover goes on without the other site though that can be read and does not stop within timeouts.step. What the other site acknowledges until it reads the new epoch is lost. A number that is not the present one does nothing.")]
    [RangeMinimum(1)]
    public long? AbandonPeerFromEpoch { get; set; }

    [Description("With a primarySite that is this very site, demoted, its handover in doubt (phase HandoverInDoubt) and the other site unreadable: it opens again without knowing whether the other one took over in the pair epoch of this number. If that did, what it acknowledged is lost. Acting uses it up; a number that is not the present one moves nothing.")]
    [RangeMinimum(1)]
    public long? OverrideFromEpoch { get; set; }
}

[JsonConverter(typeof(ClosedEnumConverter<PairFailoverMode>))]
public enum PairFailoverMode { Manual, Automatic }

[ValidationRule("has(self.kubernetes) != has(self.postgres)", "spec.arbiter needs either kubernetes or postgres, not both")]
public sealed record ArbiterSpec
{
    [Description("A Lease in a third Kubernetes cluster.")]
    public KubernetesArbiterSpec? Kubernetes { get; set; }

    [Description("A row in a PostgreSQL that is not of this pair.")]
    public PostgresArbiterSpec? Postgres { get; set; }

    [Description("Without a renewal for two thirds of this the primary stops; the other site may take over after one and a quarter of it. 6s to 5m.")]
    [ValidationRule("duration(self) >= duration('6s') && duration(self) <= duration('5m')", "spec.arbiter.leaseDuration must be 6s to 5m")]
    public Duration LeaseDuration { get; set; } = new("15s");
}

public sealed record KubernetesArbiterSpec
{
    [Description("Name of a Secret whose key kubeconfig holds the way to the third cluster's API server.")]
    [Required, Length(1, 253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string KubeconfigSecret { get; set; } = "";

    [Description("Namespace of the Lease there.")]
    [Length(1, 63), Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string Namespace { get; set; } = "tandem-arbiter";
}

public sealed record PostgresArbiterSpec
{
    [Description("Name of a Secret whose key uri holds the connection string.")]
    [Required, Length(1, 253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string ConnectionSecret { get; set; } = "";
}

public sealed record ManualSwitchoverSpec
{
    [Description("With a primarySite that is the other site: lets this one demote itself once, in the pair epoch of this number (status.epoch). An attempt uses it up; a number that is not the present one moves nothing.")]
    [RangeMinimum(1)]
    public long? FromEpoch { get; set; }

    [Description("The how manieth attempt in that pair epoch. One that was rolled back before the site had stopped leaves the epoch where it is: to ask again takes the next number.")]
    [RangeMinimum(1)]
    public long Attempt { get; set; } = 1;
}

public sealed record LettersSpec
{
    [Description("Name of a Secret, the same at both sites, whose key `key` (32 bytes or more) signs this site's letter and tests the other one's.")]
    [Required, Length(1, 253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string KeySecret { get; set; } = "";
}

[ValidationRule("duration(self.switchover) > duration(self.quiesce)", "spec.timeouts.switchover must be longer than spec.timeouts.quiesce")]
public sealed record PairTimeoutsSpec
{
    [Description("How long sessions may go on at the old primary site before they are ended. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.timeouts.quiesce must be 1s to 1h")]
    public Duration Quiesce { get; set; } = new("30s");

    [Description("Deadline of a whole switchover; past it, what is not yet consumed is rolled back. 5s to 24h.")]
    [ValidationRule("duration(self) >= duration('5s') && duration(self) <= duration('24h')", "spec.timeouts.switchover must be 5s to 24h")]
    public Duration Switchover { get; set; } = new("2m");

    [Description("Deadline of each step that has none of its own. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.timeouts.step must be 1s to 1h")]
    public Duration Step { get; set; } = new("30s");
}
