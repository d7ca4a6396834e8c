using System.Diagnostics;
using System.Text;

namespace Tandem.Sandbox.Host;

/// <summary>Runs a program to its end.</summary>
public static class Command
{
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromMinutes(1);

    /// <param name="progress">Is told each line that the program writes to its standard error.</param>
    /// <returns>What the program wrote to its standard output.</returns>
    /// <exception cref="CommandFailedException">It could not be started, ended with another code than 0, or did not end in time.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancellation = default, TimeSpan? deadline = null, Progress? progress = null)
    {
        var result = await TryAsync(command, cancellation, deadline, progress);
        return result.ExitCode == 0 ? result.Output : throw new CommandFailedException(command, result);
    }

    public static Task<string> RunAsync(params string[] command) => RunAsync((IReadOnlyList<string>)command);

    /// <summary>As <see cref="RunAsync(IReadOnlyList{string}, CancellationToken, TimeSpan?, Progress?)"/>, for programs whose failure is an answer.</summary>
    public static async Task<CommandResult> TryAsync(IReadOnlyList<string> command, CancellationToken cancellation = default, TimeSpan? deadline = null, Progress? progress = null)
    {
        using var process = Start(command);
        var output = new StringBuilder();
        var errors = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            Append(errors, line.Data);
            if (line.Data is { } text) progress?.Line(text);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(deadline ?? DefaultDeadline);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new CommandFailedException(command, new CommandResult(-1, Text(output), $"not ended after {deadline ?? DefaultDeadline}: {Text(errors)}"));
        }

        return new CommandResult(process.ExitCode, Text(output), Text(errors));
    }

    private static Process Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.AppendLine(line);
    }

    private static string Text(StringBuilder text)
    {
        lock (text) return text.ToString().TrimEnd();
    }
}

public sealed record CommandResult(int ExitCode, string Output, string Errors);

public sealed class CommandFailedException(IReadOnlyList<string> command, CommandResult result)
    : Exception($"`{string.Join(' ', command)}` ended with {result.ExitCode}: {(result.Errors.Length > 0 ? result.Errors : result.Output)}")
{
    public CommandResult Result { get; } = result;
}
