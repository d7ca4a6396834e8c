using System.Diagnostics;

namespace Tandem.Tests.Postgres.Support;

internal static class Shell
{
    /// <summary>Runs a program to its end, as the servers' user if asked, and gives its output; fails the test if it fails or takes over a minute.</summary>
    public static async Task<string> RunAsync(IReadOnlyList<string> arguments, bool mayFail = false)
    {
        var start = new ProcessStartInfo(arguments[0], arguments.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', arguments)}: {await output} {await error}");
        }

        if (process.ExitCode != 0 && !mayFail) throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
        return await output + await error;
    }
}
