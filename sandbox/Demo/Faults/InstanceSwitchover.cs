using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>A planned change of the primary within its site.</summary>
public sealed class InstanceSwitchover : Fault
{
    private static readonly TimeSpan PreparedDeadline = TimeSpan.FromSeconds(60);

    public override string Name => "planned switchover";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(2);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var site = stage.Primary;
        var target = "";
        await Waiting.UntilAsync("a standby that can be promoted", PreparedDeadline,
            async token => (target = await site.PromotableAsync(token) ?? "").Length > 0 ? null : "none can", cancellation);
        stage.Progress.Step($"kubectl tandem switchover {site.Cluster} --to {target}");
        var from = WriteLog.Now();
        await KubectlTandem.RunAsync(site, cancellation, "switchover", site.Cluster, "--to", target);
        return from;
    }
}
