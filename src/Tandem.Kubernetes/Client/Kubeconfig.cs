using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tandem.Kubernetes.Client;

/// <summary>
/// Reads a kubeconfig by YAML's representation model (no reflection). Every complaint names the place in the file and never quotes a value of a user's entry.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly YamlMappingNode _root;
    private readonly string? _folder;
    private readonly TimeProvider _time;

    private Kubeconfig(YamlMappingNode root, string? folder, TimeProvider time) => (_root, _folder, _time) = (root, folder, time);

    /// <param name="folder">What relative paths in it are relative to; null: it may not name files.</param>
    public static KubernetesClientConfiguration Read(string yaml, string? context, string? folder, TimeProvider time)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            throw new KubeconfigException($"the kubeconfig is not YAML (line {e.Start.Line}, column {e.Start.Column})"); // the parser's own words may quote a secret
        }
        if (stream.Documents.Count == 0) throw new KubeconfigException("the kubeconfig is empty");
        if (stream.Documents[0].RootNode is not YamlMappingNode root) throw new KubeconfigException("the kubeconfig is not a mapping (clusters, contexts, users)");
        return new Kubeconfig(root, folder, time).Build(context);
    }

    private KubernetesClientConfiguration Build(string? context)
    {
        context ??= Text(_root, "current-context") is { Length: > 0 } current ? current : throw new KubeconfigException("the kubeconfig has no current-context");
        var chosen = Named("contexts", "context", context);
        var where = $"contexts[{context}]";
        var clusterName = Text(chosen, "cluster") ?? throw new KubeconfigException($"{where} names no cluster");
        var userName = Text(chosen, "user") ?? throw new KubeconfigException($"{where} names no user");
        var cluster = Named("clusters", "cluster", clusterName);
        var user = Named("users", "user", userName);
        return new KubernetesClientConfiguration
        {
            Server = Server(cluster, clusterName),
            Namespace = Text(chosen, "namespace"),
            CertificateAuthority = Authority(cluster, clusterName),
            SkipTlsVerify = Text(cluster, "insecure-skip-tls-verify") == "true",
            TlsServerName = Text(cluster, "tls-server-name"),
            Proxy = Proxy(cluster, clusterName),
            ClientCertificate = ClientCertificate(user, userName),
            Token = Token(user, userName),
        };
    }

    private static Uri Server(YamlMappingNode cluster, string name)
    {
        var server = Text(cluster, "server") ?? throw new KubeconfigException($"clusters[{name}] has no server");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
            throw new KubeconfigException($"clusters[{name}].server is not an http(s) address: '{server}'");
        return uri;
    }

    private static Uri? Proxy(YamlMappingNode cluster, string name)
    {
        if (Text(cluster, "proxy-url") is not { Length: > 0 } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : throw new KubeconfigException($"clusters[{name}].proxy-url is not an address");
    }

    private X509Certificate2Collection? Authority(YamlMappingNode cluster, string name)
    {
        var where = $"clusters[{name}].certificate-authority";
        return Pem(cluster, "certificate-authority", where) is { } pem ? Certificates(pem, where) : null;
    }

    private X509Certificate2Collection? ClientCertificate(YamlMappingNode user, string name)
    {
        var where = $"users[{name}].client-certificate";
        var pem = Pem(user, "client-certificate", where);
        var key = Pem(user, "client-key", $"users[{name}].client-key");
        if (pem is null && key is null) return null;
        if (pem is null) throw new KubeconfigException($"users[{name}] has a client-key without a client-certificate");
        if (key is null) throw new KubeconfigException($"users[{name}] has a client-certificate without a client-key");
        var all = Certificates(pem, where);
        try
        {
            all[0] = X509Certificate2.CreateFromPem(pem, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"users[{name}].client-key is not a private key of the client-certificate");
        }
        return all;
    }

    private BearerTokenSource? Token(YamlMappingNode user, string name)
    {
        foreach (var plugin in (string[])["exec", "auth-provider"])
        {
            if (user.Children.ContainsKey(new YamlScalarNode(plugin)))
                throw new KubeconfigException($"users[{name}] authenticates by {plugin}, which is not supported: give it a token or a client certificate");
        }
        if (Text(user, "username") is { Length: > 0 })
            throw new KubeconfigException($"users[{name}] authenticates by username and password, which Kubernetes has dropped: give it a token or a client certificate");
        if (Text(user, "tokenFile") is { Length: > 0 } path) return new BearerTokenFile(Local(path, $"users[{name}].tokenFile"), _time);
        return Text(user, "token") is { Length: > 0 } token ? new FixedBearerToken(Sendable(token, name)) : null;
    }

    /// <summary>A token that no HTTP header can hold would otherwise be quoted in an error of the HTTP library.</summary>
    private static string Sendable(string token, string name) =>
        token.All(c => c is > ' ' and < (char)0x7f) ? token : throw new KubeconfigException($"users[{name}].token holds characters that a token cannot have");

    /// <summary>The text in <c>{key}-data</c> (base64), else in the file that <c>{key}</c> names.</summary>
    private string? Pem(YamlMappingNode node, string key, string where)
    {
        if (Text(node, key + "-data") is { Length: > 0 } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException)
            {
                throw new KubeconfigException($"{where}-data is not base64");
            }
        }
        if (Text(node, key) is not { Length: > 0 } path) return null;
        try
        {
            return File.ReadAllText(Local(path, where));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{where} cannot be read: {e.Message}");
        }
    }

    private string Local(string path, string where) =>
        _folder is null ? throw new KubeconfigException($"{where} names a file; a kubeconfig in a Secret must hold the data itself") : Path.Combine(_folder, path);

    private static X509Certificate2Collection Certificates(string pem, string where)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            throw new KubeconfigException($"{where} is not a certificate in PEM form");
        }
        return certificates.Count > 0 ? certificates : throw new KubeconfigException($"{where} holds no certificate in PEM form");
    }

    /// <summary>The entry of <paramref name="list"/> of that name: <c>- name: x</c> with the rest under <paramref name="key"/>.</summary>
    private YamlMappingNode Named(string list, string key, string name)
    {
        if (!_root.Children.TryGetValue(new YamlScalarNode(list), out var node) || node is not YamlSequenceNode entries)
            throw new KubeconfigException($"the kubeconfig has no {list}");
        var names = new List<string>();
        foreach (var entry in entries.Children.OfType<YamlMappingNode>())
        {
            var entryName = Text(entry, "name") ?? "";
            if (entryName == name) return entry.Children.TryGetValue(new YamlScalarNode(key), out var body) && body is YamlMappingNode mapping ? mapping : new YamlMappingNode();
            names.Add(entryName);
        }
        throw new KubeconfigException($"{list} has no '{name}' (it has: {(names.Count == 0 ? "none" : string.Join(", ", names))})");
    }

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var value) && value is YamlScalarNode { Value: { } text } && text != "null" && text != "~" ? text : null;
}
