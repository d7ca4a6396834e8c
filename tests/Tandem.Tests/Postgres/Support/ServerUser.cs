namespace Tandem.Tests.Postgres.Support;

/// <summary>PostgreSQL refuses root: where the tests run as root, servers run as the system's user postgres, and folders belong to it.</summary>
internal static class ServerUser
{
    public const string Name = "postgres";

    public static bool Root { get; } = Environment.UserName == "root";

    public static IReadOnlyList<string> Prefix { get; } = Root ? ["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups", "--"] : [];

    public static async Task OwnAsync(string path)
    {
        if (Root) await Shell.RunAsync(["chown", "-R", $"{Name}:{Name}", path]);
    }
}
