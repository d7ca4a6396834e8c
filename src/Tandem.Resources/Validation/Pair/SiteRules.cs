using System.Net;
using System.Text.RegularExpressions;

namespace Tandem.Resources.Validation.Pair;

internal static partial class SiteRules
{
    public static IEnumerable<FieldError> TwoSites(DisasterRecoveryPairInput input)
    {
        var sites = input.Spec.Sites;
        if (sites.Count != 2)
            yield return FieldError.Of("spec.sites", $"{sites.Count} sites", Reasons.OutOfRange, "is not two; name exactly two sites");
        foreach (var twice in sites.GroupBy(s => s.Name).Where(g => g.Count() > 1))
            yield return FieldError.Of("spec.sites", twice.Key, Reasons.Duplicate, "is the name of two sites; give each its own, as its operator was told by --site");
        for (var i = 0; i < sites.Count; i++)
        {
            if (!SiteName().IsMatch(sites[i].Name) || sites[i].Name.Length > 32)
                yield return FieldError.Of($"spec.sites[{i}].name", sites[i].Name, Reasons.InvalidValue, "is not a name of a site: lower-case letters, digits and dashes, at most 32; set it to what the site's operator was told by --site");
        }
    }

    public static IEnumerable<FieldError> PrimarySiteIsOneOfThem(DisasterRecoveryPairInput input)
    {
        if (input.Spec.Sites.All(s => s.Name != input.Spec.PrimarySite))
            yield return FieldError.Of("spec.primarySite", input.Spec.PrimarySite, Reasons.SiteUnknown, $"is not among spec.sites; set it to {(input.Spec.Sites.Count == 0 ? "one of them" : string.Join(" or ", input.Spec.Sites.Select(s => s.Name)))}");
    }

    public static IEnumerable<FieldError> ThisSiteIsOneOfThem(DisasterRecoveryPairInput input)
    {
        if (input.Observed.Site is { } site && input.Spec.Sites.All(s => s.Name != site))
            yield return FieldError.Of("spec.sites", string.Join(", ", input.Spec.Sites.Select(s => s.Name)), Reasons.SiteUnknown, $"has no site of the name {site}, which is this operator's; add it, or start the operator with the right --site");
    }

    /// <summary>The manifest is the same at both sites, so both links are named in it, or none is.</summary>
    public static IEnumerable<FieldError> LinksAreNamed(DisasterRecoveryPairInput input)
    {
        if (input.IsByHand) yield break;
        for (var i = 0; i < input.Spec.Sites.Count; i++)
        {
            var field = $"spec.sites[{i}].kubernetes.kubeconfigSecret";
            if (input.Spec.Sites[i].Kubernetes is not { } kubernetes)
                yield return FieldError.Of(field, null, Reasons.FieldsDisagree, $"and the other site has it; name the Secret by which the other site reaches {input.Spec.Sites[i].Name}, or remove kubernetes from both sites: then there is no link, and a person carries letters");
            else
                foreach (var error in Check.ObjectName(field, kubernetes.KubeconfigSecret, 253)) yield return error;
        }
    }

    public static IEnumerable<FieldError> AddressesReachAcross(DisasterRecoveryPairInput input)
    {
        for (var i = 0; i < input.Spec.Sites.Count; i++)
        {
            if (input.Spec.Sites[i].Replication is not { } replication) continue;
            var field = $"spec.sites[{i}].replication";
            foreach (var error in Check.Range(field + ".port", replication.Port, 1, 65535)) yield return error;
            if (HostProblem(replication.Host) is { } problem)
                yield return FieldError.Of(field + ".host", replication.Host, Reasons.InvalidValue, problem);
        }

        var twice = input.Spec.Sites.Where(s => s.Replication is not null).GroupBy(s => (s.Replication!.Host, s.Replication.Port)).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            yield return FieldError.Of("spec.sites", $"{twice.Key.Host}:{twice.Key.Port}", Reasons.Duplicate, "is the replication address of both sites; give each its own");
    }

    private static string? HostProblem(string host)
    {
        if (host.Length == 0) return "but needed; set it to a host name or address that the other site reaches, or remove replication";
        if (IPAddress.TryParse(host, out var address))
            return IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "is an address that leads the other site to itself; set it to one that the other site reaches" : null;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return "leads the other site to itself; set it to an address that the other site reaches";
        if (host.All(c => char.IsAsciiDigit(c) || c == '.')) return "is no IP address; correct it";
        return HostName().IsMatch(host) ? null : "is neither a host name nor an address, or has a port in it; put the port into replication.port";
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex SiteName();

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*\.?$")]
    private static partial Regex HostName();
}
