using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// What a site publishes of itself in its own pair record, so that the other site needs to read nothing else of it.
/// All of it changes rarely: positions are not here.
/// </summary>
public sealed record SiteFacts
{
    /// <summary>Where the holder of this site's record is streamed from, by the other site. May be several hosts, separated by commas, as libpq takes them.</summary>
    public string? Host { get; init; }
    public int? Port { get; init; }

    /// <summary>The certificate of this site's authority, PEM: public.</summary>
    public string? Authority { get; init; }

    public SystemIdentifier? SystemIdentifier { get; init; }

    /// <summary>server_version_num of the holder, e.g. 150018.</summary>
    public int? ServerVersion { get; init; }

    /// <summary>The instance that holds the cluster's record: primary, or main standby.</summary>
    public string? Holder { get; init; }

    /// <summary>The holder's <c>application_name</c>, by which the other site knows it among its walsenders.</summary>
    public string? ReplicationName { get; init; }

    /// <summary>The newest reign that the holder's volume knows its data to be of, by its name: before it is this site's own, the other one does not count what the holder has flushed [C2]. Null: not known.</summary>
    public string? Reign { get; init; }

    /// <summary>Primary site: the <c>application_name</c> of the one of the other site that is counted here, or is to be, and has a slot here for that. Null: nobody.</summary>
    public string? Counts { get; init; }

    /// <summary>The holder is silent, or waits to be copied anew: where it is the one that the other site counts, this site asks for it to be let go, so that another can take its place.</summary>
    public bool HolderLost { get; init; }

    /// <summary>
    /// The holder serves WAL: it may be cloned and streamed from. It stays so for the pair epoch it was said in: an election here, or an agent that is silent
    /// for a moment, is no reason for the other site to let go of the stream.
    /// </summary>
    public bool Ready { get; init; }

    /// <summary>The pair epoch in which <see cref="Ready"/> was said.</summary>
    public PairEpoch? ReadyAt { get; init; }

    /// <summary>Why not.</summary>
    public string? NotReadyReason { get; init; }
}

/// <summary>What was read of the other site, and when. Old facts are kept: after a loss they say what is missing.</summary>
public sealed record PeerFacts
{
    /// <summary>By this site's clock.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    public PairEpoch? PairEpoch { get; init; }
    public PairRole? Role { get; init; }
    public SiteFacts? Facts { get; init; }

    /// <summary>What a failover would have lost, as the primary site said at <see cref="LastSeen"/>.</summary>
    public long? RecoveryPointBytes { get; init; }
    public double? RecoveryPointSeconds { get; init; }

    /// <summary>Without a link: when the letter was written that they come from, by the other site's clock.</summary>
    public DateTimeOffset? AsOf { get; init; }

    // ---- as an agent reads them ----
    public string? Host => Facts?.Host;
    public int? Port => Facts?.Port;
    public bool Ready => Facts?.Ready ?? false;
}
