using System.Text.Json.Nodes;
using Tandem.Cli.Output;
using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary>
/// <c>failover PAIR --to SITE [--abandon-peer]</c>: makes the standby site primary without the other one. Says first what that may lose. Names the pair epoch that it ends, so that
/// it acts once; where a GitOps tool keeps the manifest, Git must come to say the same. The other site is stopped first where it can be read; with <c>--abandon-peer</c> it is not waited for
/// for longer than a step may take [S5].
/// </summary>
public static class FailoverVerb
{
    public static async Task<int> RunAsync(Session session, string name, string to, bool abandonPeer, bool yes, CancellationToken cancellation)
    {
        var pair = await session.PairAsync(name, cancellation);
        var epoch = Check(pair, to);
        foreach (var line in Costs(pair, abandonPeer, session.Time.GetUtcNow())) session.Screen.Progress(line);
        if (!yes) session.Screen.Confirm("site", to);
        await session.ChangePairAsync(name, seen =>
        {
            if (Check(seen, to) != epoch) throw new CliException($"the pair moved to epoch {seen.Status?.Epoch} meanwhile: kubectl tandem status {name}, then decide again");
            var failover = new JsonObject { ["fromEpoch"] = epoch };
            if (abandonPeer) failover["abandonPeerFromEpoch"] = epoch;
            return new JsonObject { ["spec"] = new JsonObject { ["primarySite"] = to, ["failover"] = failover } };
        }, cancellation);
        session.Screen.Line($"{name}: site {to} takes over, ending pair epoch {epoch}: kubectl tandem status {name}");
        return ExitCodes.Done;
    }

    /// <returns>The pair epoch that the failover ends.</returns>
    private static long Check(DisasterRecoveryPair pair, string to)
    {
        var name = pair.Metadata.Name;
        var sites = string.Join(", ", pair.Spec.Sites.Select(s => s.Name));
        if (pair.Spec.Sites.All(s => s.Name != to)) throw new CliException($"{name} has no site {to} (sites: {sites})");
        if (pair.Status is not { Epoch: { } epoch } status) throw new CliException($"{name} has no pair epoch yet, there is nothing to fail over: kubectl tandem status {name}");
        if (status.PrimarySite == to) throw new CliException($"site {to} is primary already, in pair epoch {epoch}");
        if (status.Site != to) throw new CliException($"this is the API server of site {Words.Of(status.Site)}; a failover is asked for at the site that takes over: use --context with that of {to}");
        return epoch;
    }

    private static IEnumerable<string> Costs(DisasterRecoveryPair pair, bool abandonPeer, DateTimeOffset now)
    {
        var status = pair.Status!;
        yield return $"Pair epoch {status.Epoch}: site {Words.Of(status.PrimarySite)} is primary, {Words.Of(status.Site)} follows.";
        if (status.Peer is { Reachable: true } peer)
            yield return $"Site {peer.Site} can be read: it will be stopped first. If it is healthy, a switchover loses nothing: set spec.primarySite at both sites instead.";
        else
            yield return $"Site {Words.Of(status.Peer?.Site)} was last seen {(status.Peer?.LastSeen is { } seen ? $"{Words.Since(seen, now)} ago" : "never")}. If it still runs it takes writes until it reads this site again; those are lost.";
        if (abandonPeer)
            yield return $"Abandoned: where site {Words.Of(status.Peer?.Site)} can be read and does not stop within spec.timeouts.step, both sites take writes until it has read the new epoch. Those that it acknowledges meanwhile are lost.";
        yield return status.RecoveryPoint is { } point
            ? $"What may be lost: {Words.Bytes(point.Bytes)} of log, {Words.Seconds(point.Seconds)} of writing, as of {Words.Time(point.At)}."
            : "What may be lost: not known at this site; everything that the other site acknowledged and this one did not receive.";
    }
}
