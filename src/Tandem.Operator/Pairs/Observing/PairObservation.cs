using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Links.Arbiters;
using Tandem.Operator.Links.OtherSite;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>One look at a pair: the view that is decided on, and the objects as they were read, which swaps name.</summary>
public sealed record PairObservation
{
    public required ResourceKey Key { get; init; }
    public required DisasterRecoveryPair Pair { get; init; }
    public required PairView View { get; init; }
    public required V1Lease? RecordLease { get; init; }
    public required V1Lease? ClusterLease { get; init; }

    /// <summary>Null: there is no link, see <see cref="LinkProblem"/>.</summary>
    public required IOtherSite? Link { get; init; }
    public required OtherSiteReading Reading { get; init; }
    public required string? LinkProblem { get; init; }

    /// <summary>Without a link: what a person has brought [S15].</summary>
    public required CarriedLetter Carried { get; init; }

    /// <summary>Null: the spec names no arbiter, and the cluster is bound to none.</summary>
    public ArbiterLook? Arbiter { get; init; }

    public required DatabaseCluster? Cluster { get; init; }

    /// <summary>The holder's report, if it speaks of the present.</summary>
    public required AgentReport? Report { get; init; }

    /// <summary>What this site says of itself now.</summary>
    public required SiteFacts Self { get; init; }

    /// <summary>
    /// The mark that all that is acknowledged is at both sites, where it stands and is so now: at the primary site, read at the other one, and counted here; at the standby site, its own. Null: it does not, or it
    /// cannot be told.
    /// </summary>
    public SynchronousMark? Synchronous => View.Record switch
    {
        { Role: PairRole.Primary } record => View.PeerRecord is { Synchronous: { } mark } peer && peer.PairEpoch == record.PairEpoch && View.Cluster is { RemoteNow: { Counted: true } counted } cluster
            && cluster.PairEpoch == record.PairEpoch && counted.Incarnation == mark.Incarnation ? mark : null,
        { Role: PairRole.Standby } => View.Vouched is { } mark && (!mark.Preferred || View.PeerRecord?.Self?.Counts == mark.Incarnation.ReplicationName) ? mark : null,
        _ => null,
    };

    public V1Lease? PeerLease => (Reading as OtherSiteReading.Read)?.Record;
    public DisasterRecoveryPair? PeerPair => (Reading as OtherSiteReading.Read)?.Pair;

    /// <summary>The walsender that the other site's main standby is connected to; null where none is.</summary>
    public SenderReport? PeerSender => PeerSenderOf(Report, (View.PeerWord?.Self ?? View.Record?.Peer?.Facts)?.ReplicationName);

    public static SenderReport? PeerSenderOf(AgentReport? report, string? name) => name is null ? null : report?.Senders.FirstOrDefault(s => s.ApplicationName == name);
}
