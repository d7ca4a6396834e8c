using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>Whom an instance of this site streams from: the record's holder. Null where its address is not known.</summary>
internal static class LocalUpstream
{
    public static UpstreamTarget? Of(InstanceObservation o)
    {
        if (o.Record?.Holder is not { } holder || holder == o.Me) return null;
        var peer = o.Peers.FirstOrDefault(p => p.Instance == holder.Instance);
        return peer?.Host is { } host ? new UpstreamTarget(holder.Instance, host, Names.PostgresPort, $"{o.Record.Epoch}") : null;
    }
}

/// <summary>Whom the main standby streams from: the other site, where the pair says that it is primary and that it serves. Null: nobody.</summary>
internal static class SiteUpstream
{
    public static UpstreamTarget? Of(InstanceObservation o) =>
        o.Pair is { Role: PairRole.Standby, Peer: { Host: { Length: > 0 } host, Ready: true, Facts: { } facts } peer } pair && facts.ReadyAt == pair.PairEpoch
            ? At(pair.PairEpoch.Site, host, peer.Port, pair, o) with { CountsMe = facts.Counts == o.Me.ReplicationName }
            : null;

    /// <summary>
    /// The site that a handover has just taken the primary's role from: it has all that the token names, and serves it, whatever else it is ready for. Null: there was no handover, or its
    /// address is not known.
    /// </summary>
    public static UpstreamTarget? BeforeHandover(InstanceObservation o) =>
        o.Pair is { Role: PairRole.Primary, Outcome: { Kind: PairOutcomeKind.Consumed, From: { } from } outcome, Peer: { Host: { Length: > 0 } host } peer } pair && outcome.To == pair.PairEpoch
            ? At(from.Site, host, peer.Port, pair, o)
            : null;

    private static UpstreamTarget At(string site, string hosts, int? port, PairRecord pair, InstanceObservation o) =>
        UpstreamTarget.Site(site, InOrder(hosts, o.OtherSite?.Host), port ?? Names.PostgresPort, pair.PairEpoch);

    /// <summary>The host that answered last comes first: the receiver tries them in this order, and has no limit of time for any of them.</summary>
    private static string InOrder(string hosts, string? answered)
    {
        var all = hosts.Split(',');
        return answered is not null && Array.IndexOf(all, answered) > 0 ? string.Join(',', all.Where(h => h != answered).Prepend(answered)) : hosts;
    }
}

/// <summary>To whom a planned switchover goes.</summary>
internal static class HandoverTarget
{
    /// <param name="wanted">Instance name; null: the member that is fit, with the highest priority, then the least lag.</param>
    public static Incarnation? Choose(InstanceObservation o, string? wanted) => o.Standbys
        .Where(s => s is { Streaming: true, Stops: false } && s.Lag <= o.Settings.Synchrony.ResumeLag && o.Record!.Members.Contains(s.Incarnation))
        .Where(s => wanted is null || s.Incarnation.Instance == wanted)
        .Where(s => o.Peers.Any(p => p.Incarnation == s.Incarnation && p.Reachable))
        .OrderBy(s => o.OwnClause is { IsEmpty: false } clause && !clause.Members.Contains(s.Incarnation))
        .ThenBy(s => s.Lag)
        .ThenBy(s => s.Incarnation.Instance, StringComparer.Ordinal)
        .Select(s => (Incarnation?)s.Incarnation)
        .FirstOrDefault();
}
