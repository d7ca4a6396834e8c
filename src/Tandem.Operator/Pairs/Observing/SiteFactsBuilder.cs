using Tandem.Kubernetes.Models;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>What this site publishes of itself, from the spec, the cluster's record, the holder's report and the <c>-dr</c> Service.</summary>
public static class SiteFactsBuilder
{
    /// <summary>Several nodes forward to the holder: one that is lost must not cut the stream.</summary>
    private const int MaximumHosts = 3;

    public static SiteFacts Build(SiteSpec site, PairRecord? pair, PrimaryRecord? record, AgentReport? report, bool holderLost, string? authority, V1Service? service, IReadOnlyList<string> nodes)
    {
        var (host, port) = Address(site, service, nodes);
        var facts = new SiteFacts
        {
            Host = host,
            Port = port,
            Authority = authority,
            // A record that is lost for a moment says nothing of another database.
            SystemIdentifier = record is null ? pair?.Self?.SystemIdentifier : record.SystemIdentifier,
            ServerVersion = report?.ServerVersion,
            Holder = record?.Holder?.Instance,
            ReplicationName = record?.Holder?.ReplicationName,
            // An agent that is silent for a moment has forgotten nothing.
            Reign = report is not null ? report.Reign : pair?.Self is { } before && before.ReplicationName == record?.Holder?.ReplicationName ? before.Reign : null,
            Counts = record is { RunMode: RunMode.Primary, RemoteNow: { } remote } ? remote.Incarnation.ReplicationName : null,
            HolderLost = holderLost,
        };
        var problem = Problem(facts, pair, record, report);
        if (problem is not null && StaysReady(pair, facts)) problem = null;
        return facts with { Ready = problem is null, ReadyAt = problem is null ? pair?.PairEpoch : null, NotReadyReason = problem };
    }

    /// <summary>Said once in this pair epoch, of this very database, and with a way to it.</summary>
    private static bool StaysReady(PairRecord? pair, SiteFacts facts) =>
        pair?.Self is { Ready: true } before && before.ReadyAt == pair.PairEpoch && before.SystemIdentifier == facts.SystemIdentifier && facts is { Host: not null, Authority: not null };

    private static string? Problem(SiteFacts facts, PairRecord? pair, PrimaryRecord? record, AgentReport? report)
    {
        if (record is null) return "the cluster has no record yet";
        if (record.SystemIdentifier is null || record.Holder is null) return "the cluster has no holder now";
        if (report is null) return $"the agent of {facts.Holder} is silent";
        if (facts.Authority is null) return "the cluster has no authority yet";
        if (facts.Host is null) return "the replication Service has no address that another site can reach: name one in spec.sites[].replication";
        // A site that is to be primary may have less than the one that it takes over from, until it has opened: nobody is to follow it before.
        var opens = pair?.Role == PairRole.Primary || record.RunMode == RunMode.Primary;
        return report is { RunMode: "Primary", Admitted: true } || (!opens && report is { RunMode: "Standby", Streaming: true }) ? null : $"{facts.Holder} is {report.State}{(report.Message is { } message ? ": " + message : "")}";
    }

    private static (string? Host, int? Port) Address(SiteSpec site, V1Service? service, IReadOnlyList<string> nodes)
    {
        if (site.Replication is { } asked) return (asked.Host, asked.Port);
        if (service?.Status?.LoadBalancer?.Ingress?.FirstOrDefault() is { } ingress && (ingress.Ip ?? ingress.Hostname) is { } balancer) return (balancer, Names.PostgresPort);
        // Without a load balancer every node forwards to the holder.
        if (service?.Spec?.Ports?.FirstOrDefault()?.NodePort is > 0 and var port && nodes.Count > 0) return (string.Join(',', nodes.Take(MaximumHosts)), port);
        return (null, null);
    }
}
