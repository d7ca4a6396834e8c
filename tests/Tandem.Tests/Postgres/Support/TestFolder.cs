namespace Tandem.Tests.Postgres.Support;

/// <summary>A folder of the servers' user that goes away with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    private TestFolder(string path) => Path = path;

    public string Path { get; }

    public static async Task<TestFolder> MakeAsync()
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tandem-pg-{Guid.NewGuid():N}"[..20]);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await ServerUser.OwnAsync(path);
        return new TestFolder(path);
    }

    public string Below(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
