using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Tandem.Cli.Output;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Cli.Verbs;

/// <summary>
/// <c>switchover NAME [--to INSTANCE] [--wait]</c>: a planned change of the primary within the site. The request names the epoch that it ends, so that it
/// acts once at most, whenever it is read.
/// </summary>
public static class SwitchoverVerb
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    public static async Task<int> RunAsync(Session session, string name, string? to, bool wait, TimeSpan timeout, CancellationToken cancellation)
    {
        var epoch = await PresentEpochAsync(session, name, cancellation);
        SwitchoverRequest? asked = null;
        await session.ChangeClusterAsync(name, cluster =>
        {
            asked = Present(cluster, epoch);
            if (asked is not null) return asked.To == (to ?? asked.To) ? null : throw new CliException($"a switchover to {asked.To} is under way in epoch {epoch}: wait for it with --wait --to {asked.To}");
            asked = new SwitchoverRequest(RandomNumberGenerator.GetHexString(8, lowercase: true), Target(cluster, to), epoch.Value);
            return new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Names.SwitchoverAnnotation] = asked.Text } } };
        }, cancellation);
        session.Screen.Progress($"{name}: asked {asked!.To} to take over in epoch {epoch} (request {asked.Id})");
        return wait ? await FollowAsync(session, name, asked, timeout, cancellation) : ExitCodes.Done;
    }

    /// <summary>From the record itself: a request that names an older epoch would move nothing.</summary>
    private static async Task<Epoch> PresentEpochAsync(Session session, string name, CancellationToken cancellation)
    {
        await session.ClusterAsync(name, cancellation);
        var record = await session.Client.GetAsync<V1Lease>(Names.Record(name), session.Namespace, cancellation);
        return record?.Spec?.LeaseTransitions is { } transitions and > 0
            ? new Epoch(transitions)
            : throw new CliException($"{name} has no primary record yet, there is nothing to switch over: kubectl tandem status {name}");
    }

    private static SwitchoverRequest? Present(DatabaseCluster cluster, Epoch epoch) =>
        SwitchoverRequest.Of(cluster) is { } present && present.FromEpoch == epoch.Value ? present : null;

    private static string Target(DatabaseCluster cluster, string? to)
    {
        var status = cluster.Status ?? throw new CliException($"{cluster.Metadata.Name} has no status yet: does the operator of this site run?");
        if (to is null) return Best(cluster, status);
        var names = string.Join(", ", status.Instances.Where(i => i.Name != status.Primary).Select(i => i.Name));
        var instance = status.Instances.FirstOrDefault(i => i.Name == to) ?? throw new CliException($"{to} is no instance of {cluster.Metadata.Name} (standbys: {(names.Length > 0 ? names : "none")})");
        if (to == status.Primary) throw new CliException($"{to} is the primary already (standbys: {(names.Length > 0 ? names : "none")})");
        return instance.Promotable == true ? to : throw new CliException($"{to} cannot be promoted now: {Why(instance)}");
    }

    private static string Best(DatabaseCluster cluster, DatabaseClusterStatus status)
    {
        var best = status.Instances.Where(i => i.Name != status.Primary && i.Promotable == true)
            .OrderByDescending(i => i.Priority ?? 0).ThenBy(i => i.LagBytes ?? long.MaxValue).ThenBy(i => i.Name, StringComparer.Ordinal).FirstOrDefault();
        if (best is not null) return best.Name;
        var reasons = string.Join("; ", status.Instances.Where(i => i.Name != status.Primary).Select(i => $"{i.Name}: {Why(i)}"));
        throw new CliException($"{cluster.Metadata.Name} has no standby that can be promoted now{(reasons.Length > 0 ? $" ({reasons})" : ": spec.instances is 1")}");
    }

    private static string Why(InstanceStatus instance) =>
        instance.Message is { Length: > 0 } message ? message : Words.Spaced(instance.Reason ?? instance.State?.ToString() ?? "Unknown");

    private static async Task<int> FollowAsync(Session session, string name, SwitchoverRequest asked, TimeSpan timeout, CancellationToken cancellation)
    {
        var begun = session.Time.GetTimestamp();
        string? said = null;
        while (true)
        {
            var cluster = await session.ClusterAsync(name, cancellation);
            if (cluster.Status is { } status)
            {
                if (status.Epoch is { } epoch && epoch.Value > asked.FromEpoch && IsSettled(status)) return Outcome(session, status, asked);
                if (Progress(status) is { } progress && progress != said) session.Screen.Progress($"{name}: {said = progress}");
            }
            if (SwitchoverRequest.Of(cluster)?.Id != asked.Id && cluster.Status?.Epoch?.Value == asked.FromEpoch)
                throw new CliException($"the request was taken back before it was carried out: kubectl describe databasecluster {name} shows by whom and why");
            if (session.Time.GetElapsedTime(begun) >= timeout)
                throw new CliException($"{asked.To} is not primary after {Words.Seconds(timeout.TotalSeconds)}, the request stands until its epoch ends: kubectl tandem status {name}", ExitCodes.TimedOut);
            await Task.Delay(Poll, session.Time, cancellation);
        }
    }

    /// <summary>The new reign is told of with its holder, and at the primary site it takes writes.</summary>
    private static bool IsSettled(DatabaseClusterStatus status) =>
        status.Primary is not null && (status.RunMode == ClusterRunMode.Standby || Conditions.IsTrue(status.Conditions, ConditionTypes.Writable));

    private static int Outcome(Session session, DatabaseClusterStatus status, SwitchoverRequest asked)
    {
        if (status.Primary != asked.To) throw new CliException($"{status.Primary} holds the record since epoch {status.Epoch}, not {asked.To}: the switchover was overtaken by an election");
        var reign = status.History.FirstOrDefault(h => h.Epoch == status.Epoch);
        session.Screen.Line($"{asked.To} is {(status.RunMode == ClusterRunMode.Standby ? "main standby" : "primary")} since epoch {status.Epoch}{(reign?.SecondsUnavailable is { } seconds ? $", {Words.Seconds(seconds)} without writes" : "")}");
        return ExitCodes.Done;
    }

    private static string? Progress(DatabaseClusterStatus status) =>
        Conditions.Find(status.Conditions, ConditionTypes.Progressing) is { Status: nameof(ConditionStatus.True) } progressing ? $"{progressing.Reason}: {progressing.Message}" : null;
}

/// <summary>What stands in the annotation <see cref="Names.SwitchoverAnnotation"/>.</summary>
public sealed record SwitchoverRequest(string Id, string To, long FromEpoch)
{
    [JsonIgnore]
    public string Text => JsonSerializer.Serialize(this, SwitchoverRequestJson.Default.SwitchoverRequest);

    /// <returns>Null where there is none, or none that can be read.</returns>
    public static SwitchoverRequest? Of(DatabaseCluster cluster)
    {
        if (cluster.Metadata.Annotations?.GetValueOrDefault(Names.SwitchoverAnnotation) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, SwitchoverRequestJson.Default.SwitchoverRequest) is { Id: not null, To: not null } request ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id}: to {To} from epoch {FromEpoch}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SwitchoverRequest))]
internal sealed partial class SwitchoverRequestJson : JsonSerializerContext;
