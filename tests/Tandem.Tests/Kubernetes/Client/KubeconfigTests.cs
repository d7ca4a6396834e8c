using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tandem.Kubernetes.Client;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Client;

public sealed class KubeconfigTests
{
    private const string Secret = "s3cr3t-token";

    [Fact]
    public void Reads_server_namespace_token_and_trust_of_the_current_context()
    {
        var (certificate, _) = Certificate();
        var configuration = KubernetesClientConfiguration.FromKubeconfig(Yaml(cluster: $"server: https://10.0.0.1:6443, certificate-authority-data: {Base64(certificate)}, tls-server-name: api"));
        Assert.Equal("https://10.0.0.1:6443/", configuration.Server.ToString());
        Assert.Equal("shop", configuration.Namespace);
        Assert.Equal("api", configuration.TlsServerName);
        Assert.Equal(Secret, configuration.Token!.Current());
        Assert.Single(configuration.CertificateAuthority!);
        Assert.DoesNotContain(Secret, configuration.ToString());
    }

    [Fact]
    public void Reads_client_certificates()
    {
        var (certificate, key) = Certificate();
        var configuration = KubernetesClientConfiguration.FromKubeconfig(Yaml(user: $"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}"));
        Assert.True(Assert.Single(configuration.ClientCertificate!).HasPrivateKey);
    }

    [Fact]
    public void Reads_files_beside_a_kubeconfig_on_this_machine()
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = Certificate();
        File.WriteAllText(Path.Combine(folder.Path, "c.pem"), certificate);
        File.WriteAllText(Path.Combine(folder.Path, "k.pem"), key);
        File.WriteAllText(Path.Combine(folder.Path, "config"), Yaml(user: "client-certificate: c.pem, client-key: k.pem"));
        Assert.NotNull(KubernetesClientConfiguration.FromFile(Path.Combine(folder.Path, "config")).ClientCertificate);
        Assert.Throws<KubeconfigException>(() => KubernetesClientConfiguration.FromFile(Path.Combine(folder.Path, "none")));
    }

    public static TheoryData<string, string> Unusable => new()
    {
        { "", "empty" },
        { "just text", "not a mapping" },
        { "{a: [", "not YAML (line" },
        { $"{{a: '{Secret}", "not YAML (line" },
        { "kind: Config", "no current-context" },
        { "current-context: x", "no contexts" },
        { Yaml().Replace("current-context: here", "current-context: gone"), "contexts has no 'gone' (it has: here)" },
        { Yaml().Replace("user: me", "user: you"), "users has no 'you' (it has: me)" },
        { Yaml().Replace("cluster: east", "cluster: west"), "clusters has no 'west' (it has: east)" },
        { Yaml(cluster: "x: y"), "clusters[east] has no server" },
        { Yaml(cluster: "server: nowhere"), "clusters[east].server is not an http(s) address" },
        { Yaml(cluster: "server: https://h, certificate-authority-data: '%%'"), "clusters[east].certificate-authority-data is not base64" },
        { Yaml(cluster: $"server: https://h, certificate-authority-data: {Base64("no certificate")}"), "clusters[east].certificate-authority" },
        { Yaml(cluster: "server: https://h, certificate-authority: /etc/hostname"), "must hold the data itself" },
        { Yaml(user: $"client-key-data: {Base64(Secret)}"), "client-key without a client-certificate" },
        { Yaml(user: $"client-certificate-data: {Base64(Certificate().Certificate)}"), "client-certificate without a client-key" },
        { Yaml(user: $"client-certificate-data: {Base64(Certificate().Certificate)}, client-key-data: {Base64(Secret)}"), "users[me].client-key is not a private key of the client-certificate" },
        { Yaml(user: $"client-certificate-data: {Base64(Certificate().Certificate)}, client-key-data: {Base64(Certificate().Key)}"), "users[me].client-key is not a private key of the client-certificate" },
        { Yaml(user: "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token"), "must hold the data itself" },
        { Yaml(user: $"token: '{Secret} with spaces'"), "users[me].token holds characters" },
        { Yaml(user: $"username: me, password: {Secret}"), "username and password" },
        { Yaml(user: $"exec: {{command: /bin/sh, args: [{Secret}]}}"), "authenticates by exec" },
        { Yaml(user: "auth-provider: {name: gcp}"), "authenticates by auth-provider" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void Says_what_is_wrong_and_no_secret(string yaml, string complaint)
    {
        var error = Assert.Throws<KubeconfigException>(() => KubernetesClientConfiguration.FromKubeconfig(yaml));
        Assert.Contains(complaint, error.Message);
        Assert.DoesNotContain(Secret, error.ToString());
    }

    [Fact]
    public void A_token_file_is_read_again_after_a_minute_and_after_a_rejection_and_survives_its_absence()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "token");
        var time = new ManualTimeProvider();
        var token = new BearerTokenFile(path, time);
        Assert.Throws<KubeconfigException>(() => token.Current());

        File.WriteAllText(path, "one\n");
        Assert.Equal("one", token.Current());
        File.WriteAllText(path, "two\n");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("one", token.Current());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("two", token.Current());

        File.WriteAllText(path, "three\n");
        token.Rejected();
        Assert.Equal("three", token.Current());
        File.Delete(path);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("three", token.Current());
    }

    [Fact]
    public void In_a_pod_it_is_the_service_account()
    {
        using var folder = new TemporaryFolder();
        var before = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        try
        {
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", null);
            Assert.Contains("KUBERNETES_SERVICE_HOST", Assert.Throws<KubeconfigException>(() => KubernetesClientConfiguration.InCluster(folder: folder.Path)).Message);
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", "fd00::1");
            Assert.Contains("token", Assert.Throws<KubeconfigException>(() => KubernetesClientConfiguration.InCluster(folder: folder.Path)).Message);
            File.WriteAllText(Path.Combine(folder.Path, "token"), Secret);
            Assert.Contains("ca.crt", Assert.Throws<KubeconfigException>(() => KubernetesClientConfiguration.InCluster(folder: folder.Path)).Message);
            File.WriteAllText(Path.Combine(folder.Path, "ca.crt"), Certificate().Certificate);
            File.WriteAllText(Path.Combine(folder.Path, "namespace"), "tandem-system");
            var configuration = KubernetesClientConfiguration.InCluster(folder: folder.Path);
            Assert.Equal(("https://[fd00::1]/", "tandem-system", Secret), (configuration.Server.ToString(), configuration.Namespace!, configuration.Token!.Current()!));
            Assert.Single(configuration.CertificateAuthority!);
        }
        finally
        {
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", before);
        }
    }

    private static string Yaml(string cluster = "server: https://h", string user = $"token: {Secret}") => $$"""
        apiVersion: v1
        kind: Config
        current-context: here
        clusters:
        - name: east
          cluster: { {{cluster}} }
        users:
        - name: me
          user: { {{user}} }
        contexts:
        - name: here
          context: {cluster: east, user: me, namespace: shop}
        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static (string Certificate, string Key) Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
