using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;

namespace Tandem.Resources;

[ValidationRule("duration(self.leaseDuration) > duration(self.detectionTimeout)", "spec.failover.leaseDuration must be longer than spec.failover.detectionTimeout")]
public sealed record FailoverSpec
{
    [Description("How long the standbys hear nothing from the primary, or no durable write of it, before they suspect it. 1s to 1m; heartbeats come every 500ms.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1m')", "spec.failover.detectionTimeout must be 1s to 1m")]
    public Duration DetectionTimeout { get; set; } = new("2s");

    [Description("How long a primary without a word from the API server or from its peers may go on (it stops at two thirds), and how long, with Asynchronous, its record must stand still before another may be elected. 3s to 5m.")]
    [ValidationRule("duration(self) >= duration('3s') && duration(self) <= duration('5m')", "spec.failover.leaseDuration must be 3s to 5m")]
    public Duration LeaseDuration { get; set; } = new("6s");

    [Description("How many crashes of the server within `restartWindow` are answered by a restart in place before the primary moves. 0: it moves at once.")]
    [RangeMinimum(0), RangeMaximum(100)]
    public int RestartThreshold { get; set; } = 3;

    [Description("The window in which crashes are counted. 1s to 24h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('24h')", "spec.failover.restartWindow must be 1s to 24h")]
    public Duration RestartWindow { get; set; } = new("10m");

    [Description("How long a restart in place may take before the primary moves. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.failover.restartTimeout must be 1s to 1h")]
    public Duration RestartTimeout { get; set; } = new("10s");

    [Description("With Asynchronous: a standby that is further behind the primary's last known position is not elected.")]
    public Quantity MaximumLag { get; set; } = new("1Mi");

    [Description("Deadline of a planned switchover; past it the old primary goes on. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.failover.switchoverTimeout must be 1s to 1h")]
    public Duration SwitchoverTimeout { get; set; } = new("30s");
}

public sealed record InstancePriority
{
    [Description("Name of the instance's pod, e.g. orders-1.")]
    [Required, Length(1, 63), Pattern("^[a-z]([-a-z0-9]*[a-z0-9])?-[1-9]$")]
    public string Instance { get; set; } = "";

    [Description("0 to 1000; an instance not named here has 0.")]
    [Required, RangeMinimum(0), RangeMaximum(1000)]
    public int Priority { get; set; }
}
