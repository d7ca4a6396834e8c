using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Kubernetes.Client;

/// <summary>The connection to an API server: HTTP/2 with pings, so that a cut line is noticed in seconds; trust and identity as configured.</summary>
internal static class KubernetesHttp
{
    public static HttpClient Create(KubernetesClientConfiguration configuration, KubernetesClientOptions options, HttpMessageHandler? handler)
    {
        var http = new HttpClient(handler ?? Handler(configuration, options), disposeHandler: handler is null)
        {
            BaseAddress = Root(configuration.Server),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Timeout = Timeout.InfiniteTimeSpan, // every request has a deadline of its own
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd(options.UserAgent);
        if (configuration.TlsServerName is { } name) http.DefaultRequestHeaders.Host = name; // the handler checks the certificate against this
        return http;
    }

    private static Uri Root(Uri server) => server.AbsolutePath.EndsWith('/') ? server : new UriBuilder(server) { Path = server.AbsolutePath + "/" }.Uri;

    private static SocketsHttpHandler Handler(KubernetesClientConfiguration configuration, KubernetesClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a redirected write would be a second one
            AutomaticDecompression = DecompressionMethods.GZip,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always, // an idle connection that died must not cost the next request its deadline
            EnableMultipleHttp2Connections = true,
            UseProxy = configuration.Proxy is not null || !configuration.Server.IsLoopback,
            SslOptions = Tls(configuration),
        };
        if (configuration.Proxy is { } proxy) handler.Proxy = new WebProxy(proxy);
        return handler;
    }

    private static SslClientAuthenticationOptions Tls(KubernetesClientConfiguration configuration)
    {
        var tls = new SslClientAuthenticationOptions();
        if (configuration.SkipTlsVerify) tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        else if (configuration.CertificateAuthority is { } authority) tls.CertificateChainPolicy = TrustOnly(authority);
        if (configuration.ClientCertificate is { Count: > 0 } certificates)
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificates[0], Intermediates(certificates), offline: true);
        return tls;
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authority);
        return policy;
    }

    private static X509Certificate2Collection? Intermediates(X509Certificate2Collection certificates)
    {
        if (certificates.Count == 1) return null;
        var rest = new X509Certificate2Collection(certificates);
        rest.RemoveAt(0);
        return rest;
    }
}
