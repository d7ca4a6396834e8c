using System.Globalization;
using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Client;

/// <summary>Some vendors write "20+" for the minor version, and servers that somebody built may leave out both numbers but not <c>gitVersion</c>.</summary>
internal static class ServerVersion
{
    public static KubernetesVersion? Parse(VersionInfo info)
    {
        if (LeadingNumber(info.Major) is { } major && LeadingNumber(info.Minor) is { } minor) return new KubernetesVersion(major, minor);
        var parts = (info.GitVersion ?? "").TrimStart('v').Split('.');
        return parts.Length >= 2 && LeadingNumber(parts[0]) is { } first && LeadingNumber(parts[1]) is { } second ? new KubernetesVersion(first, second) : null;
    }

    private static int? LeadingNumber(string? text)
    {
        var digits = text.AsSpan();
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
