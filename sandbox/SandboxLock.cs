using Tandem.Sandbox.Host;

namespace Tandem.Sandbox;

/// <summary>One `up` or `down` at a time on a machine.</summary>
internal static class SandboxLock
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    public static async Task<IDisposable> TakeAsync(Progress progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(SandboxPaths.Cache);
        FileStream? held = null;
        await Waiting.UntilAsync("lock of the sandbox", Deadline, _ =>
        {
            held = TryOpen();
            if (held is null) progress.Step("another `up` or `down` is at work: waiting for it");
            return Task.FromResult(held is null ? "held by another process" : null);
        }, cancellation, TimeSpan.FromSeconds(1));
        return held!;
    }

    private static FileStream? TryOpen()
    {
        try
        {
            return new FileStream(Path.Combine(SandboxPaths.Cache, "sandbox.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
