using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tandem.Cli.Links;

/// <summary>A kubeconfig for the link, and the Secret that carries it to the other site, as text: YAML whose strings are quoted as JSON quotes them.</summary>
public static class LinkKubeconfig
{
    /// <param name="authority">PEM.</param>
    public static string Kubeconfig(string site, string server, byte[] authority, string @namespace, string account, string token) =>
        $"""
        apiVersion: v1
        kind: Config
        current-context: {Quote(site)}
        clusters:
        - name: {Quote(site)}
          cluster:
            server: {Quote(server)}
            certificate-authority-data: {Convert.ToBase64String(authority)}
        users:
        - name: {Quote(account)}
          user:
            token: {Quote(token)}
        contexts:
        - name: {Quote(site)}
          context:
            cluster: {Quote(site)}
            user: {Quote(account)}
            namespace: {Quote(@namespace)}

        """;

    public static string Secret(string @namespace, string name, string kubeconfig) =>
        $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {Quote(name)}
          namespace: {Quote(@namespace)}
          labels:
            app.kubernetes.io/name: tandem
            app.kubernetes.io/component: link
        type: Opaque
        data:
          kubeconfig: {Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig))}
        """;

    private static string Quote(string text) => $"\"{JavaScriptEncoder.Default.Encode(text)}\"";
}
