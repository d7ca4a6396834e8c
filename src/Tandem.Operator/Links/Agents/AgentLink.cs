using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Tandem.Operator.Certificates;
using Tandem.Protocol.Links;
using Tandem.Resources;

namespace Tandem.Operator.Links.Agents;

/// <summary>
/// <c>GET /v1/report</c> over HTTP/2 with mutual TLS. The server must bear a certificate of the cluster's own authority whose common name is the instance:
/// an address that was handed on to another pod is thus noticed. One connection per agent, kept.
/// </summary>
public sealed class AgentLink : IAgentLink
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _client;
    private readonly HttpClient _http;
    private readonly Uri _report;

    public AgentLink(AgentEndpoint endpoint, AgentCredentials credentials, int port = Names.AgentPort)
    {
        _authority = credentials.LoadAuthority();
        _client = credentials.LoadClient();
        _report = new UriBuilder(Uri.UriSchemeHttps, endpoint.Address, port, "/v1/report").Uri;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 1,
            SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = endpoint.Instance,
                ClientCertificates = [_client],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsInstance(certificate, endpoint.Instance),
            },
        };
        _http = new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<AgentAnswer> ReadReportAsync(CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(_report, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.StatusCode != HttpStatusCode.OK) return new AgentAnswer.Silent($"the agent answered {(int)response.StatusCode}");
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var report = await JsonSerializer.DeserializeAsync(body, AgentReportJson.Default.AgentReport, cancellation);
            return report is null ? new AgentAnswer.Silent("the agent's report is empty") : new AgentAnswer.Reported(report);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new AgentAnswer.Silent(exception.InnerException?.Message ?? exception.Message);
        }
        catch (JsonException exception)
        {
            return new AgentAnswer.Silent($"the agent's report is not readable at {exception.Path}");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _client.Dispose();
        _authority.Dispose();
    }

    private bool IsInstance(X509Certificate? certificate, string instance) =>
        certificate is X509Certificate2 presented
        && presented.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == instance
        && AuthorityTrust.Accepts(presented, _authority);
}

public sealed class AgentLinkFactory : IAgentLinkFactory
{
    public IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials) => new AgentLink(endpoint, credentials);
}
