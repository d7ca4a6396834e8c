using System.Text.Json.Nodes;
using Tandem.Kubernetes.Crds;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

/// <summary>crds/ and docs/reference.md are what the classes say.</summary>
public sealed class CrdTests
{
    private const string Again = "TANDEM_WRITE_CRDS=1 dotnet test tests/Tandem.Tests --filter FullyQualifiedName~CrdTests";

    public static TheoryData<Type, string> Resources => new()
    {
        { typeof(DatabaseCluster), "databaseclusters.yaml" },
        { typeof(DisasterRecoveryPair), "disasterrecoverypairs.yaml" },
    };

    [Theory, MemberData(nameof(Resources))]
    public void File_is_what_the_class_says(Type type, string file)
    {
        AssertFileIs(CrdGenerator.GenerateYaml(type, $"Generated from src/Tandem.Resources; to make it anew: {Again}"), "crds", file);
    }

    [Fact]
    public void Reference_is_what_the_classes_say() => AssertFileIs(ReferenceDocument.Write(), "docs", "reference.md");

    [Theory, MemberData(nameof(Resources))]
    public void Text_reads_back_as_the_same_object(Type type, string file)
    {
        var read = Yaml.Read(CrdGenerator.GenerateYaml(type, file)).Single();
        Assert.Equal(CrdGenerator.Generate(type).ToJsonString(), read.ToJsonString());
    }

    [Fact]
    public void Columns_are_those_of_the_manual()
    {
        Assert.Equal(["Mode", "Primary", "Ready", "Instances", "Sync", "Epoch", "Age"], Columns(typeof(DatabaseCluster)));
        Assert.Equal(["Primary", "Standby", "Phase", "Protected", "RPO", "RTO", "Epoch", "Age"], Columns(typeof(DisasterRecoveryPair)));
    }

    /// <summary>kubectl before 1.27 shows no default by itself: it stands in the description.</summary>
    [Theory, MemberData(nameof(Resources))]
    public void Every_field_says_what_it_is_and_what_it_is_by_default(Type type, string file)
    {
        var schema = CrdGenerator.Generate(type)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!;
        var fields = Fields("spec", schema["spec"]!).Concat(Fields("status", schema["status"]!)).ToList();
        Assert.InRange(fields.Count, 50, 500);
        foreach (var (path, field) in fields)
        {
            var description = field["description"]?.GetValue<string>() ?? "";
            Assert.True(description.EndsWith('.'), $"{file}: {path} is described by '{description}'");
            if (field["default"] is { } value and not JsonObject) Assert.EndsWith($"Default: {value}.", description, StringComparison.Ordinal);
        }
    }

    private static void AssertFileIs(string expected, params string[] parts)
    {
        var path = Repository.PathOf(parts);
        if (Environment.GetEnvironmentVariable("TANDEM_WRITE_CRDS") == "1") File.WriteAllText(path, expected);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == expected, $"{string.Join('/', parts)} is not what the classes say; run: {Again}");
    }

    private static IEnumerable<(string Path, JsonNode Field)> Fields(string path, JsonNode schema)
    {
        if (schema["items"] is { } items) return Fields(path + "[]", items);
        if (schema["properties"] is not JsonObject properties) return [];
        return properties.SelectMany(p => Fields($"{path}.{p.Key}", p.Value!).Prepend(($"{path}.{p.Key}", p.Value!)));
    }

    private static IEnumerable<string> Columns(Type type) => CrdGenerator.Generate(type)["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray()
        .Where(c => c!["priority"] is null).Select(c => c!["name"]!.GetValue<string>());
}
