namespace Tandem.Sandbox.Host;

/// <summary>The Debian packages and tools that the sandbox runs on; installed by <c>sandbox/install.sh</c> where one is missing.</summary>
public static class Prerequisites
{
    private static readonly TimeSpan InstallDeadline = TimeSpan.FromMinutes(15);
    private static readonly string[] Programs =
    [
        "/usr/bin/etcd", "/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/usr/sbin/iptables", "/usr/sbin/conntrack", "/usr/sbin/ip",
        "/usr/lib/cni/ptp", "/usr/lib/cni/host-local", "/usr/bin/mmdebstrap", "/usr/bin/buildah", "/usr/lib/postgresql/15/bin/postgres", "/usr/bin/unshare", "/usr/bin/nsenter",
    ];

    private static readonly string[] Tools = ["kubectl", "helm", "pause"];

    public static async Task EnsureAsync(Progress progress, CancellationToken cancellation)
    {
        var missing = Programs.Concat(Tools.Select(tool => Path.Combine(SandboxPaths.Tools, tool))).Where(program => !File.Exists(program)).ToArray();
        if (missing.Length == 0) return;
        progress.Step($"installing what is missing ({string.Join(", ", missing.Select(Path.GetFileName))})");
        await Command.RunAsync([SandboxPaths.Script("install.sh")], cancellation, InstallDeadline, progress);
    }
}
