namespace Tandem.Sandbox.Host;

/// <summary>Settings of the machine that the sandbox or its kubelets change; <c>down</c> puts them back.</summary>
public static class MachineSettings
{
    private static readonly string[] Files =
    [
        "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/vm/panic_on_oom",
        "/proc/sys/kernel/panic",
        "/proc/sys/kernel/panic_on_oops",
        "/proc/sys/kernel/keys/root_maxkeys",
        "/proc/sys/kernel/keys/root_maxbytes",
    ];

    public static Dictionary<string, string> Read() => Files.Where(File.Exists).ToDictionary(file => file, file => File.ReadAllText(file).Trim());

    public static void Restore(IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (file, value) in settings)
            if (Files.Contains(file) && File.ReadAllText(file).Trim() != value)
                File.WriteAllText(file, value);
    }
}
