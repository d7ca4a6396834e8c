namespace Tandem.Operator.Links.Agents;

/// <summary>Asks one agent for its report. Never throws but for cancellation: silence is an answer.</summary>
public interface IAgentLink : IDisposable
{
    Task<AgentAnswer> ReadReportAsync(CancellationToken cancellation);
}

/// <summary>Makes links; the simulation has its own.</summary>
public interface IAgentLinkFactory
{
    IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials);
}
