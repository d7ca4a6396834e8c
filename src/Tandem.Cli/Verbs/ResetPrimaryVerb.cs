using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Tandem.Cli.Output;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary>
/// <c>reset-primary NAME --to INSTANCE</c>: one instance becomes primary, whatever the others may have acknowledged. For a cluster that has no primary and cannot get one by itself: its record is
/// lost and not all members can say what they remember, or an election waits for one who is gone. Refused while there is a primary. The request names the epoch and revision that the instance itself
/// remembers, so that it acts once at most.
/// </summary>
public static class ResetPrimaryVerb
{
    private const string Regressed = "RecordRegressed";

    public static async Task<int> RunAsync(Session session, string name, string to, bool yes, CancellationToken cancellation)
    {
        var cluster = await session.ClusterAsync(name, cancellation);
        var from = await CheckAsync(session, cluster, to, cancellation);
        foreach (var line in Costs(cluster, to)) session.Screen.Progress(line);
        if (!yes) session.Screen.Confirm("instance", to);
        var id = RandomNumberGenerator.GetHexString(8, lowercase: true);
        if (await CheckAsync(session, await session.ClusterAsync(name, cancellation), to, cancellation) != from) throw new CliException($"{to} has gone on to another epoch meanwhile: kubectl tandem status {name}, then decide again");
        await session.ChangeClusterAsync(name, _ => new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Names.ResetAnnotation] = new JsonObject { ["id"] = id, ["to"] = to, ["fromEpoch"] = from.Epoch, ["fromRevision"] = from.Revision }.ToJsonString() } } }, cancellation);
        session.Screen.Line($"{name}: {to} is to be primary, whatever others have, from its epoch {from.Epoch} (request {id}): kubectl tandem status {name}");
        return ExitCodes.Done;
    }

    /// <returns>What the instance has obeyed last.</returns>
    private static async Task<(long Epoch, long Revision)> CheckAsync(Session session, DatabaseCluster cluster, string to, CancellationToken cancellation)
    {
        var name = cluster.Metadata.Name!;
        var status = cluster.Status ?? throw new CliException($"{name} has no status yet: does the operator of this site run?");
        var record = await session.Client.GetAsync<V1Lease>(Names.Record(name), session.Namespace, cancellation);
        var isRegressed = status.Conditions.Any(c => c.Reason == Regressed);
        if (record?.Spec?.HolderIdentity is { Length: > 0 } holder && !isRegressed && holder.Split('/')[0] is var primary && status.Instances.FirstOrDefault(i => i.Name == primary)?.State is not (null or InstanceState.Unreachable))
            throw new CliException($"{name} has a primary, {primary}: kubectl tandem switchover {name} --to {to} moves it without loss");
        var names = string.Join(", ", status.Instances.Select(i => i.Name));
        var instance = status.Instances.FirstOrDefault(i => i.Name == to) ?? throw new CliException($"{to} is no instance of {name} (instances: {names})");
        return instance.Epoch is { } epoch ? (epoch.Value, instance.Revision ?? 0) : throw new CliException($"nothing is heard of {to}: it must run to become primary (kubectl tandem status {name})");
    }

    private static IEnumerable<string> Costs(DatabaseCluster cluster, string to)
    {
        var status = cluster.Status!;
        if (Conditions.Find(status.Conditions, ConditionTypes.Ready) is { Message: { Length: > 0 } why }) yield return $"Now: {why}.";
        foreach (var other in status.Instances.Where(i => i.Name != to))
            yield return $"{other.Name}: {Words.Spaced(other.State?.ToString() ?? "Unknown")}, {(other.FlushLsn is { } lsn ? $"has the log to {lsn}" : "what it has is not known")}.";
        var mine = status.Instances.First(i => i.Name == to);
        yield return $"{to} has the log {(mine.FlushLsn is { } end ? $"to {end}" : "to a position that is not known")}. What may be lost: every commit that the others have acknowledged and {to} has not received, whether it was synchronous or not.";
        yield return "An instance that is not heard now and still takes writes loses them when it is heard again. What the others have beyond is kept on their volumes for salvage where they can be rewound, and is gone where they must be copied anew.";
    }
}
