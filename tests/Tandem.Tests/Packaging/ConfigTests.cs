using System.Text;
using System.Text.RegularExpressions;
using Tandem.Sandbox.Host;
using Tandem.Tests.Support;

namespace Tandem.Tests.Packaging;

/// <summary>config/ is the chart, rendered for those who do not use Helm.</summary>
public sealed partial class ConfigTests
{
    private const string Again = "TANDEM_WRITE_CONFIG=1 dotnet test tests/Tandem.Tests --filter FullyQualifiedName~ConfigTests";
    private static readonly string Folder = Path.Combine(SandboxPaths.Repository, "config");

    [Theory]
    [InlineData("rbac/rbac.yaml", "ServiceAccount", "ClusterRole", "ClusterRoleBinding")]
    [InlineData("manager/manager.yaml", "Deployment", "Service")]
    public async Task File_is_what_the_chart_says(string file, params string[] kinds)
    {
        var path = Path.Combine(Folder, file);
        var text = Select(await Tools.TextAsync(Chart.TemplateAsync("site=east")), kinds);
        if (Environment.GetEnvironmentVariable("TANDEM_WRITE_CONFIG") == "1") File.WriteAllText(path, text);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"config/{file} is not what the chart says; run: {Again}");
    }

    [Fact]
    public async Task Every_object_of_the_chart_is_in_it()
    {
        var here = Kinds(await Tools.TextAsync(Tools.KubectlAsync("kustomize", Path.Combine(Folder, "default"))));
        Assert.Equal(
            Kinds(await Tools.TextAsync(Chart.TemplateAsync("site=east"))).Concat(["CustomResourceDefinition", "CustomResourceDefinition", "Namespace"]).Order(StringComparer.Ordinal),
            here);
    }

    [Fact]
    public async Task Another_site_is_one_argument_away()
    {
        var objects = Yaml.Read(await Tools.TextAsync(Tools.KubectlAsync("kustomize", Path.Combine(Folder, "sites", "west"))));
        Assert.Equal("--site=west", objects.Only("Deployment")["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]![0]!.GetValue<string>());
    }

    private static IEnumerable<string> Kinds(string yaml) => Yaml.Read(yaml).Select(o => o["kind"]!.GetValue<string>()).Order(StringComparer.Ordinal);

    /// <summary>The documents of these kinds as helm wrote them, without what speaks of helm.</summary>
    private static string Select(string rendered, string[] kinds)
    {
        var text = new StringBuilder($"# Generated from charts/tandem; to make it anew: {Again}\n");
        foreach (var document in rendered.Split("---\n", StringSplitOptions.RemoveEmptyEntries))
            if (kinds.Contains(Kind().Match(document).Groups[1].Value))
                text.Append("---\n").Append(OfHelm().Replace(document, "").TrimEnd('\n')).Append('\n');
        return text.ToString();
    }

    [GeneratedRegex(@"^kind: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Kind();

    [GeneratedRegex(@"^(# Source: | *helm\.sh/chart: | *app\.kubernetes\.io/(managed-by|instance): Helm).*\n", RegexOptions.Multiline)]
    private static partial Regex OfHelm();
}
