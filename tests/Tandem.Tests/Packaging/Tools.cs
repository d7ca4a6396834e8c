using System.Diagnostics;
using Tandem.Sandbox.Host;

namespace Tandem.Tests.Packaging;

/// <summary>helm and kubectl, fetched by the sandbox's own script where they are not there yet: a test that needs them never passes by their absence.</summary>
internal static class Tools
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);
    private static readonly Lazy<Task> Fetched = new(FetchAsync);

    public static Task<Outcome> HelmAsync(params string[] arguments) => ToolAsync("helm", arguments);

    public static Task<Outcome> KubectlAsync(params string[] arguments) => ToolAsync("kubectl", arguments);

    /// <returns>What it wrote, where it must succeed.</returns>
    public static async Task<string> TextAsync(Task<Outcome> running)
    {
        var outcome = await running;
        Assert.True(outcome.ExitCode == 0, $"exit code {outcome.ExitCode}: {outcome.Errors}{outcome.Text}");
        return outcome.Text;
    }

    private static async Task<Outcome> ToolAsync(string name, string[] arguments)
    {
        await Fetched.Value;
        return await RunAsync(Path.Combine(SandboxPaths.Tools, name), arguments);
    }

    private static async Task FetchAsync()
    {
        if (File.Exists(Path.Combine(SandboxPaths.Tools, "helm")) && File.Exists(Path.Combine(SandboxPaths.Tools, "kubectl"))) return;
        var outcome = await RunAsync(SandboxPaths.Script("tools", "fetch.sh"));
        Assert.True(outcome.ExitCode == 0, $"sandbox/tools/fetch.sh could not fetch helm and kubectl into {SandboxPaths.Tools}: {outcome.Errors}");
    }

    private static async Task<Outcome> RunAsync(string program, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var text = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Deadline}");
        }
        return new Outcome(process.ExitCode, await text, await errors);
    }
}

internal sealed record Outcome(int ExitCode, string Text, string Errors);
