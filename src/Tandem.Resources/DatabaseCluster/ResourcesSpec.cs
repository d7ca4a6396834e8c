using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;

namespace Tandem.Resources;

public sealed record ResourcesSpec
{
    [Description("What each database container is sure to get.")]
    [Items(0, 20)]
    public Dictionary<string, Quantity> Requests { get; set; } = [];

    [Description("What each database container may use at most.")]
    [Items(0, 20)]
    public Dictionary<string, Quantity> Limits { get; set; } = [];
}
