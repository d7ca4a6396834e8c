using System.Collections.Concurrent;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Links;

namespace Tandem.Tests.Operator.Host;

/// <summary>Agents that say what a test has them say; who was given nothing to say is silent.</summary>
internal sealed class FakeAgents : IAgentLinkFactory
{
    public ConcurrentDictionary<string, AgentReport> Reports { get; } = new();

    private int _asked;

    /// <summary>Answers given so far, silence among them.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials) => new Link(this, endpoint.Instance);

    private sealed class Link(FakeAgents agents, string instance) : IAgentLink
    {
        public Task<AgentAnswer> ReadReportAsync(CancellationToken cancellation)
        {
            AgentAnswer answer = agents.Reports.TryGetValue(instance, out var report) ? new AgentAnswer.Reported(report) : new AgentAnswer.Silent("connection refused");
            Interlocked.Increment(ref agents._asked);
            return Task.FromResult(answer);
        }

        public void Dispose() { }
    }
}
