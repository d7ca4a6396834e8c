using System.Text.RegularExpressions;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.ControlPlane;

/// <summary>
/// The programs of Kubernetes: those of the folder named by <c>KUBEBUILDER_ASSETS</c> where that is set (1.20 to 1.35 run), else those that
/// <c>sandbox/kubernetes/build.sh</c> builds into the cache once.
/// </summary>
public sealed partial record KubernetesPrograms(string Folder, string EtcdPath, Version Version)
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(40);
    private static readonly string[] OfASite = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];

    public string this[string program] => Path.Combine(Folder, program);

    public bool IsAtLeast(int minor) => Version >= new Version(1, minor);

    public static async Task<KubernetesPrograms> FindAsync(Progress progress, CancellationToken cancellation)
    {
        var given = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");
        var folder = given is { Length: > 0 } ? given : await BuiltAsync(progress, cancellation);
        var etcd = File.Exists(Path.Combine(folder, "etcd")) ? Path.Combine(folder, "etcd") : "/usr/bin/etcd";
        var said = await Command.RunAsync([Path.Combine(folder, "kube-apiserver"), "--version"], cancellation);
        var match = VersionText().Match(said);
        if (!match.Success) throw new FatalException($"kube-apiserver of {folder} tells no version: {said}");
        return new KubernetesPrograms(folder, etcd, Version.Parse(match.Groups[1].Value));
    }

    /// <exception cref="FatalException">A program is missing that a whole site needs (the folders of `setup-envtest` have only the API server).</exception>
    public void DemandAllOfASite()
    {
        var missing = OfASite.Where(program => !File.Exists(this[program])).ToArray();
        if (missing.Length > 0) throw new FatalException($"{Folder} lacks {string.Join(", ", missing)}");
    }

    private static async Task<string> BuiltAsync(Progress progress, CancellationToken cancellation)
    {
        // The script knows under which key its product lies, and says at once where that is whole.
        progress.Step("Kubernetes from Debian's sources (built once, some minutes)");
        var said = await Command.RunAsync([SandboxPaths.Script("kubernetes", "build.sh")], cancellation, BuildDeadline, progress);
        return said.Split('\n')[^1];
    }

    [GeneratedRegex(@"v(\d+\.\d+\.\d+)")]
    private static partial Regex VersionText();
}
