using System.Net;

namespace Tandem.Sandbox.Sites;

/// <summary>
/// The addresses of a site: 10.81.0.0/16 for the first, 10.82.0.0/16 for the second, and so on. All differ over all sites,
/// and every one but those of Services is routed: a flat network.
/// </summary>
public sealed record SiteAddresses(int Index)
{
    /// <summary>Everything that the sandbox uses.</summary>
    public const string All = "10.80.0.0/12";

    /// <summary>The machine itself, as the sites see it.</summary>
    public const string Host = "10.80.0.1";

    /// <summary>First hop of every namespace.</summary>
    public const string Gateway = "169.254.1.1";

    private string Prefix => $"10.{81 + Index}";

    public string Range => $"{Prefix}.0.0/16";
    public string ControlPlane => $"{Prefix}.0.10";
    public string PodRange => $"{Prefix}.64.0/18";

    /// <summary>ClusterIPs; they mean something inside of the site alone.</summary>
    public string ServiceRange => $"{Prefix}.128.0/18";

    public IPAddress KubernetesService => IPAddress.Parse($"{Prefix}.128.1");

    /// <param name="number">From 1.</param>
    public string Node(int number) => $"{Prefix}.0.{10 + number}";

    public string PodRangeOf(int number) => $"{Prefix}.{64 + number}.0/24";
}
