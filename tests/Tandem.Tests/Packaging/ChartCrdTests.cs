using Tandem.Kubernetes.Crds;
using Tandem.Resources;
using Tandem.Sandbox.Host;

namespace Tandem.Tests.Packaging;

/// <summary>A chart cannot refer to files outside of its folder: its crds/ is a copy of the repository's.</summary>
public sealed class ChartCrdTests
{
    private const string Again = "TANDEM_WRITE_CRDS=1 dotnet test tests/Tandem.Tests --filter FullyQualifiedName~CrdTests";

    [Theory]
    [InlineData(typeof(DatabaseCluster), "databaseclusters.yaml")]
    [InlineData(typeof(DisasterRecoveryPair), "disasterrecoverypairs.yaml")]
    public void Chart_has_the_CRDs_that_the_classes_say(Type type, string file)
    {
        var path = Path.Combine(Chart.Folder, "crds", file);
        var yaml = CrdGenerator.GenerateYaml(type, $"Generated from src/Tandem.Resources; to make it anew: {Again}");
        if (Environment.GetEnvironmentVariable("TANDEM_WRITE_CRDS") == "1") File.WriteAllText(path, yaml);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == yaml, $"charts/tandem/crds/{file} is not what the classes say; run: {Again}");
    }

    [Fact]
    public void Chart_has_every_CRD() =>
        Assert.Equal(Files(Path.Combine(SandboxPaths.Repository, "crds")).Where(f => f != "kustomization.yaml"), Files(Path.Combine(Chart.Folder, "crds")));

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);
}
