using Tandem.Protocol.Links;

namespace Tandem.Agent.Links;

/// <summary>What the loop last published for others to read; replaced as a whole, never changed.</summary>
/// <param name="Alive">The loop turns: what the kubelet's liveness probe asks.</param>
/// <param name="Ready">The server can be read, and the agent is not isolated (requirement E11).</param>
public sealed record AgentSnapshot(AgentReport Report, MemberView View, Beat? Beat, bool Ready, string ReadyReason);

/// <summary>What other agents may ask of this one. Implemented by the loop's owner; safe to call from any thread.</summary>
public interface ILinkService
{
    AgentSnapshot Snapshot { get; }

    /// <summary>The snapshot's report, with how old it is now.</summary>
    AgentReport Report { get; }

    /// <summary>Whether the loop has turned lately.</summary>
    bool Alive { get; }

    /// <summary>The present beat, and again every 500 ms; null where this agent holds nothing. Ends by cancellation alone.</summary>
    IAsyncEnumerable<Beat?> BeatsAsync(CancellationToken cancellation);

    Task<bool> AttachAsync(AttachRequest request, CancellationToken cancellation);
    Task<HoldAnswer> HoldAsync(HoldRequest request);
}
