using System.Globalization;
using Tandem.Sandbox.Demo.Faults;
using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Sandbox.Demo;

/// <param name="Problem">Null when the row is as it should be.</param>
public sealed record FaultResult(Fault Fault, TimeSpan? WithoutWrites, int Acknowledged, int Lost, string? Problem);

/// <summary>Plays one row: all Ready, the fault, writes again, repair, all Ready again, and every acknowledged row read back.</summary>
public static class FaultRunner
{
    private static readonly TimeSpan ReadBackDeadline = TimeSpan.FromSeconds(60);

    public static async Task<FaultResult> RunAsync(DemoStage stage, Fault fault, CancellationToken cancellation)
    {
        stage.Progress.Step($"--- {fault.Name}");
        var log = stage.Writer.Log;
        var from = await fault.InflictAsync(stage, cancellation);
        if (fault.BreaksConnections) await stage.Writer.RecoveredAsync(from, Fault.RecoveryDeadline, cancellation);
        Say(stage, $"writes flow, {Seconds(log.LongestGap(from, WriteLog.Now()))} without");
        await fault.RepairAsync(stage, cancellation);
        await fault.SettledAsync(stage, cancellation);
        // Until here: what the return of a lost part costs the writer is part of the fault.
        var without = log.LongestGap(from, WriteLog.Now());
        var read = await stage.Writer.ReadBackAsync(ReadBackDeadline, cancellation);
        log.GiveUp(read.Lost);
        Say(stage, $"Ready; {Seconds(without)} without writes, {read.Acknowledged.Count} rows acknowledged, {read.Lost.Count} lost");
        return new FaultResult(fault, without, read.Acknowledged.Count, read.Lost.Count, Problem(fault, without, read));
    }

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);

    private static string? Problem(Fault fault, TimeSpan without, ReadBack read)
    {
        if (fault.UnexpectedLoss(read) is { } loss) return loss;
        return without > fault.Bound ? "over the bound" : null;
    }

    private static void Say(DemoStage stage, string what) => stage.Progress.Step(what);
}
