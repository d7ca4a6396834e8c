using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Tandem.Tests.Support;

/// <summary>An API server without types in between: what is sent is what stands in a file, right or wrong. Authenticates by the kubeconfig's client certificate.</summary>
public sealed class RawApi : IDisposable
{
    private readonly HttpClient _http;

    public RawApi(string kubeconfigPath)
    {
        var kubeconfig = Yaml.Read(File.ReadAllText(kubeconfigPath))[0];
        var (cluster, user) = (kubeconfig["clusters"]![0]!["cluster"]!, kubeconfig["users"]![0]!["user"]!);
        var authority = X509Certificate2.CreateFromPem(Decoded(cluster, "certificate-authority-data"));
        using var pem = X509Certificate2.CreateFromPem(Decoded(user, "client-certificate-data"), Decoded(user, "client-key-data"));
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)],
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } },
            },
        })
        { BaseAddress = new Uri(cluster["server"]!.GetValue<string>()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(HttpMethod method, string path, JsonNode? body = null, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        // What the server has no handler for it answers in plain text.
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(text)! : new JsonObject { ["message"] = text });
    }

    public void Dispose() => _http.Dispose();

    private static string Decoded(JsonNode node, string key) => Encoding.UTF8.GetString(Convert.FromBase64String(node[key]!.GetValue<string>()));
}
