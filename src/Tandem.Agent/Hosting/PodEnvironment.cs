using System.Globalization;
using Tandem.Agent.Jobs;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Hosting;

/// <summary>Who this agent is, from the environment that the operator gave its pod.</summary>
internal static class PodEnvironment
{
    /// <exception cref="InvalidOperationException">A variable is missing, with its name.</exception>
    public static InstanceIdentity Identity(Random random) => new(
        Required("POD_NAME"),
        Required("POD_NAMESPACE"),
        Required(Names.ClusterVariable),
        Required(Names.ClaimUidVariable),
        Required("POD_UID"),
        Environment.GetEnvironmentVariable("POD_IP"),
        Environment.GetEnvironmentVariable("NODE_NAME"),
        Environment.GetEnvironmentVariable(Names.SiteVariable),
        $"{Required("POD_UID")}/{random.NextHex(16)}");

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"environment variable {name} is not set");
}
