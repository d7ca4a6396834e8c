using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Certificates;

namespace Tandem.Sandbox.ControlPlane;

/// <summary>The few calls of the Kubernetes API that the sandbox itself makes, as its administrator.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient http;

    public ApiClient(string url, CertificateAuthority authority, KeyPair user)
    {
        var roots = new X509Certificate2Collection(X509Certificate2.CreateFromPem(authority.CertificatePem));
        http = new HttpClient(new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [X509Certificate2.CreateFromPemFile(user.CertificatePath, user.KeyPath)],
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { roots[0] } },
            },
        })
        { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <returns>The object, or null where there is none.</returns>
    public async Task<JsonNode?> GetAsync(string path, CancellationToken cancellation)
    {
        using var answer = await http.GetAsync(path, cancellation);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : JsonNode.Parse(await BodyAsync(answer, cancellation));
    }

    public async Task<IReadOnlyList<JsonNode>> ListAsync(string path, CancellationToken cancellation) =>
        [.. (await GetAsync(path, cancellation))?["items"]?.AsArray().OfType<JsonNode>() ?? []];

    /// <summary>Creates the object unless one of that name exists.</summary>
    public async Task EnsureAsync(string path, JsonNode value, CancellationToken cancellation)
    {
        using var answer = await http.PostAsync(path, Json(value, "application/json"), cancellation);
        if (answer.StatusCode != HttpStatusCode.Conflict) await BodyAsync(answer, cancellation);
    }

    public async Task PatchAsync(string path, JsonNode patch, CancellationToken cancellation)
    {
        using var answer = await http.PatchAsync(path, Json(patch, "application/merge-patch+json"), cancellation);
        await BodyAsync(answer, cancellation);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var answer = await http.DeleteAsync(path, cancellation);
        if (answer.StatusCode != HttpStatusCode.NotFound) await BodyAsync(answer, cancellation);
    }

    /// <returns>Null when the server is ready, else what it answered.</returns>
    public async Task<string?> ReadinessAsync(CancellationToken cancellation)
    {
        using var answer = await http.GetAsync("/readyz", cancellation);
        return answer.IsSuccessStatusCode ? null : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}";
    }

    public void Dispose() => http.Dispose();

    private static StringContent Json(JsonNode value, string type) => new(value.ToJsonString(), new MediaTypeHeaderValue(type));

    private static async Task<string> BodyAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        return answer.IsSuccessStatusCode ? body : throw new HttpRequestException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {body}", null, answer.StatusCode);
    }
}
