namespace Tandem.Tests.Support;

public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tandem-tests-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
