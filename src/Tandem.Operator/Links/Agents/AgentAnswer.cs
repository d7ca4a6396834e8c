using Tandem.Protocol.Links;

namespace Tandem.Operator.Links.Agents;

/// <summary>Outcome of asking an agent. A closed set.</summary>
public abstract record AgentAnswer
{
    private AgentAnswer() { }

    public sealed record Reported(AgentReport Report) : AgentAnswer;

    /// <summary>Nothing is known: not reached in time, refused, or not who it should be. <paramref name="Reason"/> says which.</summary>
    public sealed record Silent(string Reason) : AgentAnswer;
}
