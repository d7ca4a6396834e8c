using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.ControlFiles;
using Tandem.Postgres.Processes;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Copying;

/// <summary>pg_rewind: brings a diverged data directory back onto the source's history.</summary>
internal sealed partial class Rewinding(
    PostgresServerOptions options, ToolRunner tools, ControlFile control, ConfigurationFiles files, SingleUserRecovery recovery, Salvage salvage, ILogger logger)
{
    private const string Failure = "RewindFailed";

    /// <returns>False: by the control files, which are all that pg_rewind goes by, there is nothing to be done; nothing was.</returns>
    public async Task<bool> RunAsync(ReplicationSource source, long salvageLimit, Lsn? latestFork, UnfinishedRewind? unfinished, Action<RewindStep, Lsn?> begins, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var data = await control.ReadAsync(cancellation).ConfigureAwait(false);
        var recovered = !data.CleanShutdown;
        if (recovered)
        {
            Log.RecoveringSingleUser(logger, data.State);
            begins(RewindStep.Recovering, null);
            files.RemoveDrift([]);
            await recovery.RunAsync(cancellation).ConfigureAwait(false);
        }

        string[] arguments = ["--target-pgdata", options.DataDirectory, "--source-server", ConnectionInfo.Of(source, "postgres"), "--no-ensure-shutdown", "--progress"];
        // First without touching anything: it says where the fork is, and whether this can be done at all.
        var plan = await PlanAsync([.. arguments, "--dry-run"], cancellation).ConfigureAwait(false);
        if (plan.Any(l => l.Contains("no rewind required", StringComparison.Ordinal)))
        {
            // Crash recovery has just written a checkpoint that the source does not have, on the source's own timeline: nothing can be rewound here.
            if (recovered) throw new PostgresException("RewindNotPossible", "the source is on the same timeline, and its history was left by crash recovery: it takes a new copy");
            // The control file is written last: after an attempt towards another source that was not finished it still says what it said before, and the blocks are that one's.
            if (unfinished is not null) throw new PostgresException("RewindNotPossible", "an earlier rewind was not finished, and the source's history is the one that was to be left: it takes a new copy");
            return false;
        }

        var (timeline, fork) = ForkIn(plan);
        if (fork > latestFork) throw new PostgresException("RewindNotPossible", $"by the numbers of their timelines the two part at {fork}, and they do at {latestFork}: timeline {timeline} there is another than here, and it takes a new copy");
        if (unfinished is not null && (unfinished.Fork is not { } earlier || fork > earlier))
            throw new PostgresException("RewindNotPossible", $"an earlier rewind to {unfinished.Fork?.ToString() ?? "an unknown fork"} was not finished, and the source's history goes on with this log's to {fork}: it takes a new copy");
        salvage.Keep(timeline, fork, data.WalSegmentSize, salvageLimit);
        var ours = files.Remember();
        begins(RewindStep.Overwriting, fork);
        await tools.RunAsync("pg_rewind", arguments, Failure, TransferLines.To(progress), cancellation).ConfigureAwait(false);
        files.PutBack(ours);
        CopiedFiles.RemoveStrangers(options.DataDirectory);
        return true;
    }

    /// <summary>A source that cannot be reached now may be later; any other failure of a run that touches nothing will be the same the next time.</summary>
    private async Task<IReadOnlyList<string>> PlanAsync(string[] arguments, CancellationToken cancellation)
    {
        try
        {
            return await tools.RunAsync("pg_rewind", arguments, Failure, TransferLines.To(new Discarded()), cancellation).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.Reason == Failure && !IsOfConnection(e.Message))
        {
            throw new PostgresException("RewindNotPossible", e.Message);
        }
    }

    /// <summary>Of what it says at last: before that it tells that it has connected.</summary>
    internal static bool IsOfConnection(string message)
    {
        var error = Math.Max(message.LastIndexOf("pg_rewind: error:", StringComparison.Ordinal), message.LastIndexOf("pg_rewind: fatal:", StringComparison.Ordinal));
        var said = message[Math.Max(0, error)..];
        return said.Contains("connect", StringComparison.OrdinalIgnoreCase) || said.Contains("the database system is", StringComparison.Ordinal);
    }

    /// <summary><c>pg_rewind: servers diverged at WAL location 0/3000000 on timeline 1</c>.</summary>
    internal static (TimelineId Timeline, Lsn Fork) ForkIn(IEnumerable<string> lines)
    {
        var match = lines.Select(l => Diverged().Match(l)).FirstOrDefault(m => m.Success) ?? throw new PostgresException(Failure, "pg_rewind does not say where the servers diverged");
        return (new TimelineId(uint.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture)), Lsn.Parse(match.Groups[1].Value));
    }

    [GeneratedRegex("diverged at WAL location ([0-9A-F]+/[0-9A-F]+) on timeline ([0-9]+)")]
    private static partial Regex Diverged();

    private sealed class Discarded : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
        }
    }
}
