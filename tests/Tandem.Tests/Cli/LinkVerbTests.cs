using System.Text;
using Tandem.Cli;
using Tandem.Cli.Links;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Sandbox.Host;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("B20", "B18")]
public sealed class LinkVerbTests(ApiServerFixture server)
{
    private const string Token = "a-token-that-nobody-may-see";

    [Fact]
    public async Task Prints_a_Secret_whose_kubeconfig_leads_here()
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync());
        await world.PairAsync(new DisasterRecoveryPairStatus { Site = "east" });
        var terminal = world.Terminal();
        var running = terminal.DoneAsync("link", "--pair", "orders", "--server", "https://203.0.113.10:6443");
        await FillTokenAsync(world);
        var secret = Yaml.Read(await running.EndsAsync()).Single();

        Assert.Equal("way-to-east", secret["metadata"]!["name"]!.GetValue<string>());
        Assert.Equal(world.Namespace, secret["metadata"]!["namespace"]!.GetValue<string>());
        var configuration = KubernetesClientConfiguration.FromKubeconfig(Encoding.UTF8.GetString(Convert.FromBase64String(secret["data"]!["kubeconfig"]!.GetValue<string>())));
        Assert.Equal(new Uri("https://203.0.113.10:6443"), configuration.Server);
        Assert.Equal(world.Namespace, configuration.Namespace);
        Assert.Equal(server.Configuration.CertificateAuthority![0].Thumbprint, configuration.CertificateAuthority![0].Thumbprint);
        Assert.NotNull(configuration.Token);
        Assert.DoesNotContain(Token, terminal.Errors);
    }

    [Fact]
    public async Task Needs_no_pair_where_the_site_is_given()
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync());
        Assert.Contains("give --site", await world.Terminal().RefusedAsync(ExitCodes.Refused, "link", "--pair", "orders"));
        var running = world.Terminal().DoneAsync("link", "--pair", "orders", "--site", "east");
        await FillTokenAsync(world);
        Assert.Equal("east-access", Yaml.Read(await running.EndsAsync()).Single()["metadata"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Refuses_an_address_without_TLS()
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync());
        Assert.Contains("is not an https address", await world.Terminal().RefusedAsync(ExitCodes.Refused, "link", "--pair", "orders", "--site", "east", "--server", "http://203.0.113.10"));
    }

    [Fact]
    public void Lets_in_by_name_alone()
    {
        foreach (var rule in LinkObjects.Role("shop", "orders", "orders").Rules!)
        {
            Assert.NotEmpty(rule.ResourceNames!);
            Assert.DoesNotContain("*", rule.Resources!.Concat(rule.Verbs!).Concat(rule.ApiGroups!));
            Assert.Empty(rule.Verbs!.Intersect(["create", "delete", "deletecollection"]));
            if (rule.Resources!.Contains("secrets")) Assert.Equal(["get"], rule.Verbs!);
        }
    }

    [Fact]
    public async Task The_manifest_in_config_is_what_the_verb_makes()
    {
        var file = Yaml.Read(await File.ReadAllTextAsync(Path.Combine(SandboxPaths.Repository, "config", "link", "link.yaml")));
        string[] made =
        [
            KubernetesJson.Serialize(LinkObjects.Account("shop", "orders")), KubernetesJson.Serialize(LinkObjects.Role("shop", "orders", "orders")),
            KubernetesJson.Serialize(LinkObjects.Binding("shop", "orders")), KubernetesJson.Serialize(LinkObjects.TokenRequest("shop", "orders")),
        ];
        Assert.Equal(made.Length, file.Count);
        foreach (var (expected, actual) in made.Zip(file))
            Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(expected), actual), $"config/link/link.yaml has {actual.ToJsonString()}, the verb makes {expected}");
    }

    /// <summary>What kube-controller-manager does.</summary>
    private async Task FillTokenAsync(CliWorld world)
    {
        V1Secret? secret = null;
        await Eventually.TrueAsync(async () => (secret = await world.Client.GetAsync<V1Secret>("orders-link", world.Namespace, CancellationToken.None)) is not null);
        secret!.Data = new() { ["token"] = Encoding.ASCII.GetBytes(Token), ["ca.crt"] = Encoding.ASCII.GetBytes(server.Configuration.CertificateAuthority![0].ExportCertificatePem()) };
        CliWorld.Applied(await world.Client.SwapAsync(secret, CancellationToken.None));
    }
}
