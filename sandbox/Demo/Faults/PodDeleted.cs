using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>The primary's pod, deleted without grace.</summary>
public sealed class PodDeleted : Fault
{
    public override string Name => "pod force-deleted";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(3);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var (primary, _) = await stage.Primary.HolderAsync(cancellation);
        stage.Progress.Step($"kubectl delete pod {primary} --force --grace-period=0");
        var from = WriteLog.Now();
        await stage.Primary.KubectlAsync(cancellation, "delete", "pod", primary, "--force", "--grace-period=0", "--wait=false");
        return from;
    }
}
