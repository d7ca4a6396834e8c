namespace Tandem.Agent.Hosting;

/// <summary><c>agent install TARGET</c>: copies this very file into a pod's folder, where a container of any image runs it.</summary>
internal static class Installation
{
    public static int Run(string target)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is not known");
        Directory.CreateDirectory(target);
        var copy = Path.Combine(target, "agent");
        // Aside and then in place: a restarted init container must not leave a half-written file under a name that can be run.
        File.Copy(self, copy + ".new", overwrite: true);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(copy + ".new", (UnixFileMode)0b111_101_101);
        File.Move(copy + ".new", copy, overwrite: true);
        Console.WriteLine($"installed {copy}");
        return 0;
    }
}
