using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Tandem.Operator.Certificates;
using Tandem.Operator.Links.Agents;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Links;

public sealed class AgentLinkTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly KeyPair Authority = CertificateAuthority.Found("orders.shop", Now);
    private static readonly AgentCredentials Credentials = new(CertificateAuthority.Issue(Authority, "tandem-operator", [], Now), Authority.CertificatePem);

    [Fact]
    public async Task A_report_is_read_from_the_instance_that_was_asked()
    {
        await using var agent = await Agent.StartAsync(CertificateAuthority.Issue(Authority, "orders-1", ["orders-1"], Now));
        using var link = new AgentLink(new AgentEndpoint("orders-1", "uid", "127.0.0.1"), Credentials, agent.Port);

        // The first connection may take longer than the link waits, on a machine that is busy.
        AgentAnswer? last = null;
        await Eventually.TrueAsync(async () => (last = await link.ReadReportAsync(CancellationToken.None)) is AgentAnswer.Reported, () => last!.ToString());
        var answer = (AgentAnswer.Reported)last!;

        Assert.Equal("orders-1", answer.Report.Instance);
        Assert.Equal("streaming", answer.Report.State);
        Assert.Equal("tandem-operator", agent.LastCaller);
    }

    [Fact]
    public async Task Another_instance_at_the_address_is_silence()
    {
        await using var agent = await Agent.StartAsync(CertificateAuthority.Issue(Authority, "orders-2", ["orders-1", "orders-2"], Now));
        using var link = new AgentLink(new AgentEndpoint("orders-1", "uid", "127.0.0.1"), Credentials, agent.Port);

        Assert.IsType<AgentAnswer.Silent>(await link.ReadReportAsync(CancellationToken.None));
        Assert.Null(agent.LastCaller);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_silence()
    {
        var stranger = CertificateAuthority.Found("orders.shop", Now);
        await using var agent = await Agent.StartAsync(CertificateAuthority.Issue(stranger, "orders-1", ["orders-1"], Now));
        using var link = new AgentLink(new AgentEndpoint("orders-1", "uid", "127.0.0.1"), Credentials, agent.Port);

        Assert.IsType<AgentAnswer.Silent>(await link.ReadReportAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Nobody_at_the_address_is_silence()
    {
        using var link = new AgentLink(new AgentEndpoint("orders-1", "uid", "127.0.0.1"), Credentials, port: 1);

        Assert.IsType<AgentAnswer.Silent>(await link.ReadReportAsync(CancellationToken.None));
    }

    /// <summary>An agent's link port as agents open it: HTTP/2, mutual TLS.</summary>
    private sealed class Agent : IAsyncDisposable
    {
        private readonly WebApplication _application;

        private Agent(WebApplication application) => _application = application;

        public string? LastCaller { get; private set; }

        public int Port => new Uri(_application.Urls.Single()).Port;

        public static async Task<Agent> StartAsync(KeyPair pair)
        {
            var builder = WebApplication.CreateSlimBuilder();
            using var pem = pair.Load();
            var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (caller, _, _) => CertificateFacts.IsSignedBy(caller.ExportCertificatePem(), Authority.CertificatePem);
                });
            }));
            var agent = new Agent(builder.Build());
            agent._application.MapGet("/v1/report", async context =>
            {
                agent.LastCaller = context.Connection.ClientCertificate!.GetNameInfo(X509NameType.SimpleName, false);
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"instance":"orders-1","version":"0.1.0","state":"streaming"}""");
            });
            await agent._application.StartAsync();
            return agent;
        }

        public ValueTask DisposeAsync() => _application.DisposeAsync();
    }
}
