using System.Security.Cryptography;
using Tandem.Cli.Links;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary>
/// <c>link PAIR</c>: makes an account for the other site's operator at this site, and prints the Secret that is to be applied at the other one. The token is in the
/// output alone: not on a command line, not in a file of ours, not in a log.
/// </summary>
public static class LinkVerb
{
    private const string FieldManager = "kubectl-tandem";
    private static readonly TimeSpan TokenDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <param name="site">Name of this site; null: as the pair's status says it.</param>
    /// <param name="secret">Name of the Secret at the other site; null: as the pair's spec says it.</param>
    /// <param name="cluster">Name of the DatabaseCluster; null: as the pair says, else the pair's own name.</param>
    /// <param name="server">How the other site reaches this API server; null: as this program does.</param>
    public static async Task<int> RunAsync(Session session, string pairName, string? site, string? secret, string? cluster, string? server, CancellationToken cancellation)
    {
        var pair = await session.Client.GetAsync<DisasterRecoveryPair>(pairName, session.Namespace, cancellation);
        site ??= pair?.Status?.Site ?? throw new CliException($"the name of this site is not known yet: give --site, as spec.sites of {pairName} will say it");
        secret ??= pair?.Spec.Sites.FirstOrDefault(s => s.Name == site)?.Kubernetes?.KubeconfigSecret ?? $"{site}-access";
        cluster ??= pair?.Spec.Cluster ?? pairName;
        var address = Server(session, server);

        await ApplyAsync(session, LinkObjects.Account(session.Namespace, pairName), cancellation);
        await ApplyAsync(session, LinkObjects.Role(session.Namespace, pairName, cluster), cancellation);
        await ApplyAsync(session, LinkObjects.Binding(session.Namespace, pairName), cancellation);
        await ApplyAsync(session, LinkObjects.TokenRequest(session.Namespace, pairName), cancellation);
        var (token, authority) = await TokenAsync(session, pairName, cancellation);

        var kubeconfig = LinkKubeconfig.Kubeconfig(site, address, Authority(session, authority), session.Namespace, LinkObjects.NameOf(pairName), token);
        session.Screen.Line(LinkKubeconfig.Secret(session.Namespace, secret, kubeconfig));
        session.Screen.Progress($"{session.Namespace}/{LinkObjects.NameOf(pairName)} may read and swap the record of pair {pairName} here; apply what was printed at the other site. To end it: kubectl --namespace {session.Namespace} delete secret {LinkObjects.NameOf(pairName)}");
        return ExitCodes.Done;
    }

    private static string Server(Session session, string? server)
    {
        if (server is null) return session.Configuration.Server.ToString().TrimEnd('/');
        return Uri.TryCreate(server, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? server.TrimEnd('/') : throw new CliException($"--server: '{server}' is not an https address, e.g. https://203.0.113.10:6443");
    }

    /// <summary>Whom this program trusts is who the address given by the user is signed by; a token's own authority is that of the inner addresses, and mostly the same.</summary>
    private static byte[] Authority(Session session, byte[] ofToken) =>
        session.Configuration.CertificateAuthority is { Count: > 0 } trusted
            ? System.Text.Encoding.ASCII.GetBytes(string.Concat(trusted.Select(c => PemEncoding.WriteString("CERTIFICATE", c.RawDataMemory.Span) + "\n")))
            : ofToken;

    private static Task<T> ApplyAsync<T>(Session session, T value, CancellationToken cancellation) where T : class, IKubernetesObject =>
        session.Client.ApplyAsync(value, FieldManager, force: true, cancellation);

    private static async Task<(string Token, byte[] Authority)> TokenAsync(Session session, string pair, CancellationToken cancellation)
    {
        var begun = session.Time.GetTimestamp();
        while (true)
        {
            var seen = await session.Client.GetAsync<V1Secret>(LinkObjects.NameOf(pair), session.Namespace, cancellation);
            if (seen?.Data is { } data && data.TryGetValue("token", out var token) && data.TryGetValue("ca.crt", out var authority)) return (System.Text.Encoding.ASCII.GetString(token), authority);
            if (session.Time.GetElapsedTime(begun) >= TokenDeadline)
                throw new CliException($"no token in Secret {session.Namespace}/{LinkObjects.NameOf(pair)} after {TokenDeadline.TotalSeconds} s: does kube-controller-manager run there? Try again", ExitCodes.TimedOut);
            await Task.Delay(Poll, session.Time, cancellation);
        }
    }
}
