using System.Text.Json.Nodes;
using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Faults;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>The old primary site is reachable again, and comes back as standby; the writer is not to notice.</summary>
public sealed class SiteReturn : Fault
{
    public override string Name => "the old site's return";

    public override bool BreaksConnections => false;

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var returning = stage.Standby;
        stage.Progress.Step($"mending {returning.Name}");
        var from = WriteLog.Now();
        await NetworkFaults.MendSiteAsync(returning.Site, cancellation);
        // Its manifest still calls it the primary site: that moves nothing. Now Git says what is so.
        await returning.EditPairAsync(new JsonObject { ["primarySite"] = stage.Primary.Name }, cancellation);
        return from;
    }
}
