using System.Globalization;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>The primary site is cut off from everything; then a person gives the word at the other one. Seconds count from that word.</summary>
public sealed class SiteFailover : Fault
{
    private static readonly TimeSpan ReadingTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SilenceDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private double saidBytes;
    private double saidSeconds;

    public override string Name => "site cut off, failover";

    public override TimeSpan? Bound => TimeSpan.FromSeconds(6);

    public override async Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation)
    {
        var (lost, survivor) = (stage.Primary, stage.Standby);
        await ReadRecoveryPointAsync(lost, cancellation);
        stage.Progress.Step(string.Create(CultureInfo.InvariantCulture, $"recoveryPoint says: {saidBytes:0} bytes, {saidSeconds:0.0} s; cutting off {lost.Name}"));
        await NetworkFaults.CutSiteAsync(lost.Site, cancellation: cancellation);
        await Waiting.UntilAsync("silence of the writer", SilenceDeadline, _ => Task.FromResult(stage.Writer.Log.Silence() > Silence ? null : "rows are still acknowledged"), cancellation);

        var epoch = (await survivor.PairAsync(cancellation))?["status"]?["epoch"]?.GetValue<long>() ?? throw new InvalidOperationException($"{survivor.Name} tells of no pair epoch");
        stage.Progress.Step($"at {survivor.Name}: primarySite: {survivor.Name}, failover.fromEpoch: {epoch}");
        var word = WriteLog.Now();
        await survivor.EditPairAsync(new JsonObject { ["primarySite"] = survivor.Name, ["failover"] = new JsonObject { ["fromEpoch"] = epoch } }, cancellation);
        stage.Exchange();
        return word;
    }

    public override Task SettledAsync(DemoStage stage, CancellationToken cancellation) => stage.SettledAsync(stage.Primary, cancellation);

    /// <summary>The pair is asynchronous: what its status had said may be lost, and not more.</summary>
    public override string? UnexpectedLoss(ReadBack read) =>
        read.Lost.Count == 0 || read.LostBytes <= saidBytes || read.LostSeconds <= saidSeconds ? null : string.Create(CultureInfo.InvariantCulture,
            $"{read.Lost.Count} rows, {read.LostBytes} bytes of log, {read.LostSeconds:0.00} s are lost; recoveryPoint had said {saidBytes:0} bytes, {saidSeconds:0.00} s");

    /// <summary>The most that it says while one watches for a few seconds.</summary>
    private async Task ReadRecoveryPointAsync(DemoSite site, CancellationToken cancellation)
    {
        (saidBytes, saidSeconds) = (-1, -1);
        var begun = WriteLog.Now();
        await Waiting.UntilAsync("a recovery point in the pair's status", SilenceDeadline, async token =>
        {
            var point = (await site.PairAsync(token))?["status"]?["recoveryPoint"];
            if (point?["bytes"] is { } bytes) saidBytes = Math.Max(saidBytes, bytes.GetValue<double>());
            if (point?["seconds"] is { } seconds) saidSeconds = Math.Max(saidSeconds, seconds.GetValue<double>());
            return saidBytes >= 0 && WriteLog.Elapsed(begun, WriteLog.Now()) >= ReadingTime ? null : "none yet";
        }, cancellation, TimeSpan.FromMilliseconds(200));
    }
}
