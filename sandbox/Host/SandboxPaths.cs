namespace Tandem.Sandbox.Host;

/// <summary>The folders that the sandbox uses. Nothing of it is written anywhere else, but for the network and the cgroups.</summary>
public static class SandboxPaths
{
    /// <summary>What is built or fetched once: <c>TANDEM_CACHE</c>.</summary>
    public static string Cache => FromEnvironment("TANDEM_CACHE", "/var/cache/tandem");

    /// <summary>The state of the running sandbox; <c>down</c> removes it: <c>TANDEM_SANDBOX</c>.</summary>
    public static string Home => FromEnvironment("TANDEM_SANDBOX", "/var/lib/tandem-sandbox");

    /// <summary>kubectl and helm.</summary>
    public static string Tools => Path.Combine(Cache, "bin");

    /// <summary>The checkout that these programs were built from: its scripts build what is missing.</summary>
    public static string Repository { get; } = FindRepository();

    public static string Script(params string[] parts) => Path.Combine([Repository, "sandbox", .. parts]);

    private static string FromEnvironment(string name, string otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? Path.GetFullPath(value) : otherwise;

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Operator.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No Operator.sln above {AppContext.BaseDirectory}: the sandbox runs from a checkout.");
    }
}
