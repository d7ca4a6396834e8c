namespace Tandem.Operator.Links.Agents;

/// <summary>Where one instance's agent is reached. A pod that was made anew is another endpoint, even at the same address.</summary>
public sealed record AgentEndpoint(string Instance, string PodUid, string Address);
