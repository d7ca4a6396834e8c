using Tandem.Protocol.Links;
using Tandem.Resources.Values;

namespace Tandem.Agent.Links;

/// <param name="Instance">Name the peer's certificate must bear.</param>
/// <param name="Host">Its pod's address.</param>
public sealed record PeerAddress(string Instance, string Host);

/// <summary>The way to another agent of the cluster. Null or false: no answer, whatever the cause; nothing here throws but for cancellation.</summary>
public interface IAgentLink
{
    Task<MemberView?> ViewAsync(PeerAddress peer, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>Heartbeats of the peer until the stream ends.</summary>
    IAsyncEnumerable<Beat> BeatsAsync(PeerAddress peer, CancellationToken cancellation);

    /// <summary>Asks the peer to make room for this incarnation: its slot made, the slot's old walsender ended.</summary>
    Task<bool> AttachAsync(PeerAddress peer, AttachRequest request, CancellationToken cancellation);

    Task<HoldAnswer?> HoldAsync(PeerAddress peer, HoldRequest request, TimeSpan timeout, CancellationToken cancellation);
}
