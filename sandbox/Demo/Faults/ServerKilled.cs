using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>SIGKILL to the primary's server process.</summary>
public sealed class ServerKilled : Fault
{
    public override string Name => "server killed (-9)";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(2);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var (primary, _) = await stage.Primary.HolderAsync(cancellation);
        var server = ServerProcess.Of(await stage.Primary.PodAsync(primary, cancellation));
        stage.Progress.Step($"kill -9 {server.Id}, the server of {primary}");
        var from = WriteLog.Now();
        server.Kill();
        return from;
    }
}
