using System.Globalization;

namespace Tandem.Sandbox.Host;

/// <summary>
/// A program that outlives us: in a session of its own, with a clean environment that bears a mark. By the mark we find it again, whatever happened to its pid file,
/// and everything that it started.
/// </summary>
/// <param name="Part">What it is part of, e.g. `east/etcd`.</param>
public sealed record Daemon(string Part, string PidFile, string LogFile)
{
    public const string MarkName = "TANDEM_SANDBOX_PART";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(20);

    private string Mark => $"{MarkName}={Part}";

    /// <summary>The program itself, if it runs.</summary>
    public HostProcess? Process =>
        File.Exists(PidFile) && int.TryParse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture, out var id)
        && HostProcess.Find(id) is { IsZombie: false } process && process.Environment().Contains(Mark) ? process : null;

    /// <summary>Starts the program unless it runs.</summary>
    /// <param name="processes">`cgroup.procs` of the control group that it is to be in.</param>
    /// <param name="writesPidFile">The program writes its pid file itself.</param>
    public async Task StartAsync(IReadOnlyList<string> command, string? networkNamespace, string processes, bool writesPidFile, CancellationToken cancellation)
    {
        if (Process is not null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(PidFile)!);
        Directory.CreateDirectory(Path.GetDirectoryName(LogFile)!);
        File.Delete(PidFile);
        const string start = """
            log=$1; mark=$2; processes=$3; shift 3
            echo $$ >"$processes"
            exec setsid --fork env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$mark" "$@" </dev/null >>"$log" 2>&1
            """;
        const string withPid = """echo $$ >"$0.partial" && mv "$0.partial" "$0" && exec "$@" """;
        string[] enter = networkNamespace is null ? [] : ["nsenter", $"--net=/run/netns/{networkNamespace}"];
        string[] writePid = writesPidFile ? [] : ["/bin/sh", "-c", withPid, PidFile];
        await Command.RunAsync(["/bin/sh", "-c", start, "sh", LogFile, Mark, processes, .. enter, .. writePid, .. command], cancellation);
        await Waiting.UntilAsync($"start of {Part}", StartDeadline, _ => Task.FromResult(Process is null ? Host.LogFile.Tail(LogFile) : null), cancellation, TimeSpan.FromMilliseconds(20));
    }

    /// <exception cref="FatalException">It has ended; the message has the end of its log.</exception>
    public void ThrowIfEnded()
    {
        if (Process is null) throw new FatalException($"{Part} ended: {Host.LogFile.Tail(LogFile)}");
    }

    /// <summary>SIGKILL to the program and to everything that bears its mark; gone when this returns.</summary>
    public Task KillAsync(CancellationToken cancellation)
    {
        Process?.Kill();
        return EndAllAsync(Mark, entry => entry == Mark, cancellation);
    }

    /// <summary>SIGKILL to every part of any sandbox of this machine; gone when this returns.</summary>
    public static Task KillAllAsync(CancellationToken cancellation) =>
        EndAllAsync("all parts", entry => entry.StartsWith(MarkName + '=', StringComparison.Ordinal), cancellation);

    private static Task EndAllAsync(string what, Func<string, bool> isMark, CancellationToken cancellation) =>
        Waiting.UntilAsync($"end of {what}", EndDeadline, _ =>
        {
            var left = HostProcess.All().Where(process => !process.IsZombie && process.Environment().Any(isMark)).ToArray();
            foreach (var process in left) process.Kill();
            return Task.FromResult(left.Length == 0 ? null : $"still running: {string.Join(", ", left.Select(process => $"{process.Id} {process.Name}"))}");
        }, cancellation, TimeSpan.FromMilliseconds(30));
}
