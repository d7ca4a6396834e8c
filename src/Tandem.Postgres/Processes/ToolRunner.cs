using Microsoft.Extensions.Logging;

namespace Tandem.Postgres.Processes;

/// <summary>Runs one of PostgreSQL's programs to its end.</summary>
internal sealed class ToolRunner(PostgresServerOptions options, Func<string> binDirectory, ILogger logger)
{
    /// <summary>Lines kept for the message of a failure.</summary>
    private const int KeptLines = 8;

    /// <returns>All lines of output and error.</returns>
    /// <param name="onLine">Gets each line as it comes; those for which it returns true are neither kept nor logged (progress).</param>
    /// <exception cref="PostgresException">It ended with anything but 0; <paramref name="failure"/> is the reason.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(string program, IReadOnlyList<string> arguments, string failure, Func<string, bool>? onLine, CancellationToken cancellation)
    {
        var lines = new List<string>();
        var child = Start(program, arguments, line =>
        {
            if (onLine?.Invoke(line) == true) return;
            lock (lines) lines.Add(line);
            if (onLine is not null) Log.ToolLine(logger, program, line);
        });
        int code;
        await using (cancellation.Register(() => child.SignalGroup(Libc.SigKill)).ConfigureAwait(false))
            code = await child.ExitAndOutputAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        lock (lines)
        {
            if (code != 0) throw new PostgresException(failure, $"{program} ended with {code}: {string.Join(" | ", lines.TakeLast(KeptLines))}");
            return [.. lines];
        }
    }

    private ChildProcess Start(string program, IReadOnlyList<string> arguments, Action<string> onLine) =>
        ChildProcess.Start([.. options.LaunchPrefix, Path.Combine(binDirectory(), program), .. arguments], ServerEnvironment.Make(binDirectory()), onLine);
}
