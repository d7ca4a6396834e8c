using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>The primary's node falls silent to everything, while all that is on it runs on; it comes back after the takeover.</summary>
public sealed class NodeCutOff : Fault
{
    private SiteNode? node;

    public override string Name => "node cut off";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(6);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var (primary, _) = await stage.Primary.HolderAsync(cancellation);
        var pod = await stage.Primary.PodAsync(primary, cancellation);
        node = stage.Sandbox.Node(pod["spec"]!["nodeName"]!.GetValue<string>());
        stage.Progress.Step($"cutting off {node}, where {primary} is");
        var from = WriteLog.Now();
        await NetworkFaults.CutNodeAsync(node, cancellation: cancellation);
        return from;
    }

    public override async Task RepairAsync(DemoStage stage, CancellationToken cancellation)
    {
        stage.Progress.Step($"mending {node}");
        await NetworkFaults.MendNodeAsync(node!, cancellation);
    }
}
