using System.Globalization;
using Tandem.Postgres;
using Tandem.Protocol.Rejoining;
using Tandem.Protocol.Synchrony;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>A planned switchover as asked for on the DatabaseCluster; acts only at <paramref name="FromEpoch"/>, so acting uses it up.</summary>
/// <param name="To">Instance; null: the fittest.</param>
public sealed record SwitchoverRequest(string Id, string? To, Epoch FromEpoch);

/// <summary>
/// kubectl tandem reset-primary: this instance shall be primary, whatever others may have acknowledged. Acts only where the instance has promised <paramref name="FromEpoch"/>, and obeyed no record after
/// <paramref name="FromRevision"/>: so acting uses it up, and so does an election that ends well without it.
/// </summary>
public sealed record ResetRequest(string Id, string To, Epoch FromEpoch, long FromRevision);

/// <summary>What the DatabaseCluster says, with defaults applied: the agent's view of the spec.</summary>
public sealed record AgentSettings
{
    public required string Cluster { get; init; }
    public string? Pair { get; init; }
    public required int Instances { get; init; }
    public required SynchronyTarget Synchrony { get; init; }
    public required TimeSpan DetectionTimeout { get; init; }
    public required TimeSpan LeaseDuration { get; init; }
    public required int RestartThreshold { get; init; }
    public required TimeSpan RestartWindow { get; init; }
    public required TimeSpan RestartTimeout { get; init; }
    public required TimeSpan SwitchoverTimeout { get; init; }
    public required long MaximumLag { get; init; }
    public required long MaximumReadLag { get; init; }
    public required bool ReadFallbackPrimary { get; init; }
    public required bool AutoRejoin { get; init; }
    public required int Priority { get; init; }
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }
    public required IReadOnlyList<string> AccessRules { get; init; }
    public required long Generation { get; init; }
    public SwitchoverRequest? Switchover { get; init; }
    public ResetRequest? Reset { get; init; }
    public DiscardConsent? Discard { get; init; }

    /// <summary>Of the database that was made, by the status: no more than a reason not to make another.</summary>
    public SystemIdentifier? SystemIdentifier { get; init; }

    /// <summary>Who waits this long for a process of recovery, a stop or a swap, before the next harder way.</summary>
    public TimeSpan StopDeadline => TimeSpan.FromSeconds(5);

    /// <summary>Its number is above spec.instances.</summary>
    public bool IsSurplus(string instance) => instance.StartsWith(Cluster + "-", StringComparison.Ordinal) && int.TryParse(instance.AsSpan(Cluster.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > Instances;

    public static AgentSettings From(DatabaseCluster cluster, string instance)
    {
        var spec = cluster.Spec;
        var synchronization = spec.Synchronization;
        return new AgentSettings
        {
            Cluster = cluster.Metadata.Name!,
            Pair = spec.Pair,
            Instances = spec.Instances,
            Synchrony = new SynchronyTarget(
                synchronization.ModeFor(spec.Instances) switch
                {
                    SynchronizationMode.Quorum => SynchronyMode.Quorum,
                    SynchronizationMode.Synchronous => SynchronyMode.Synchronous,
                    SynchronizationMode.Asynchronous => SynchronyMode.Asynchronous,
                    var mode => throw new InvalidOperationException($"{mode}"),
                },
                synchronization.Acknowledgements,
                synchronization.Durability == Durability.Preferred,
                synchronization.DegradeAfter.Value,
                synchronization.ReplaceAfter.Value,
                synchronization.ResumeLag.Bytes),
            DetectionTimeout = spec.Failover.DetectionTimeout.Value,
            LeaseDuration = spec.Failover.LeaseDuration.Value,
            RestartThreshold = spec.Failover.RestartThreshold,
            RestartWindow = spec.Failover.RestartWindow.Value,
            RestartTimeout = spec.Failover.RestartTimeout.Value,
            SwitchoverTimeout = spec.Failover.SwitchoverTimeout.Value,
            MaximumLag = spec.Failover.MaximumLag.Bytes,
            MaximumReadLag = spec.Services.ReadOnly.MaximumReadLag.Bytes,
            ReadFallbackPrimary = spec.Services.ReadOnly.Fallback == ReadOnlyFallback.Primary,
            AutoRejoin = spec.AutoRejoin,
            Priority = spec.InstancePriorities.FirstOrDefault(p => p.Instance == instance)?.Priority ?? 0,
            Parameters = spec.Parameters,
            AccessRules = spec.AccessRules,
            Generation = cluster.Metadata.Generation ?? 0,
            Switchover = SwitchoverAnnotation.Read(cluster.Metadata.Annotations?.GetValueOrDefault(Names.SwitchoverAnnotation)),
            Discard = spec.DiscardData is { } discard && ulong.TryParse(discard.SystemIdentifier, NumberStyles.None, CultureInfo.InvariantCulture, out var system) && Lsn.TryParse(discard.Lsn, out var end)
                ? new DiscardConsent(new SystemIdentifier(system), new TimelineId((uint)discard.Timeline), end)
                : null,
            Reset = ResetAnnotation.Read(cluster.Metadata.Annotations?.GetValueOrDefault(Names.ResetAnnotation)),
            SystemIdentifier = cluster.Status?.SystemIdentifier,
        };
    }
}
