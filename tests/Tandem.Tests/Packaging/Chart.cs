using System.Text.Json.Nodes;
using Tandem.Sandbox.Host;
using Tandem.Tests.Support;

namespace Tandem.Tests.Packaging;

/// <summary>The chart as helm renders it.</summary>
internal static class Chart
{
    public const string Release = "tandem";
    public const string Namespace = "tandem-system";

    public static string Folder { get; } = Path.Combine(SandboxPaths.Repository, "charts", "tandem");

    public static Task<Outcome> TemplateAsync(params string[] settings) =>
        Tools.HelmAsync(["template", Release, Folder, "--namespace", Namespace, .. settings.SelectMany(s => new[] { "--set", s })]);

    /// <summary>The objects, at a site named east unless <paramref name="settings"/> say otherwise.</summary>
    public static async Task<IReadOnlyList<JsonNode>> ObjectsAsync(params string[] settings) =>
        Yaml.Read(await Tools.TextAsync(TemplateAsync(["site=east", .. settings])));

    public static JsonNode Only(this IEnumerable<JsonNode> objects, string kind, string? name = null) =>
        objects.Single(o => o["kind"]!.GetValue<string>() == kind && (name is null || o["metadata"]!["name"]!.GetValue<string>() == name));

    public static IEnumerable<string> Texts(this JsonNode? list) => list?.AsArray().Select(item => item!.GetValue<string>()) ?? [];
}
