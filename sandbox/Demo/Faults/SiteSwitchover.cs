using System.Text.Json.Nodes;
using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>`primarySite` is edited at both sites, as a GitOps tool would.</summary>
public sealed class SiteSwitchover : Fault
{
    public override string Name => "site switchover";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(6);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var target = stage.Standby.Name;
        stage.Progress.Step($"primarySite: {target}, at both sites");
        var from = WriteLog.Now();
        await Task.WhenAll(stage.Sites.Select(site => site.EditPairAsync(new JsonObject { ["primarySite"] = target }, cancellation)));
        stage.Exchange();
        return from;
    }
}
