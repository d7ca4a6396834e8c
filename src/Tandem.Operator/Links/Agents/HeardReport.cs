using Tandem.Protocol.Links;

namespace Tandem.Operator.Links.Agents;

/// <summary>The last that an agent said, and how long ago it was so. A report too old to speak of the present is no report: unknown is absent, never 0.</summary>
/// <param name="Report">Null: nothing was ever heard of this pod.</param>
/// <param name="Silence">Why the last attempt failed; null: it did not.</param>
public sealed record HeardReport(AgentReport? Report, TimeSpan Age, string? Silence)
{
    /// <summary>Agents are asked every second, each time for at most a second: older than this is two failures in a row.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(3);

    public static readonly HeardReport Nothing = new(null, TimeSpan.MaxValue, null);

    /// <summary>The report, if it speaks of the present.</summary>
    public AgentReport? Fresh => Age <= FreshFor ? Report : null;
}
