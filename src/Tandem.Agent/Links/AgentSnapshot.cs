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

    /// <summary>Whether the loop has turned lately.</summary>
    bool Alive { get; }

    /// <summary>Completes at the next change of the beat, or after <paramref name="limit"/>.</summary>
    Task NextBeatAsync(TimeSpan limit, CancellationToken cancellation);

    Task<bool> AttachAsync(AttachRequest request, CancellationToken cancellation);
    HoldAnswer Hold(HoldRequest request);
}
