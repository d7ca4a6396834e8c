using Microsoft.Extensions.Logging;
using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Agent.Services;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Records;

namespace Tandem.Agent.Jobs;

/// <summary>The parts that jobs act with.</summary>
public sealed record JobContext(
    InstanceIdentity Identity,
    PodPaths Paths,
    RecordKeeper Records,
    IKubernetesClient Kubernetes,
    IPostgresServer Server,
    IAgentLink Links,
    InstanceMemory Memory,
    Guard Guard,
    IMountedSecrets Secrets,
    ArbiterKeeper Arbiter,
    SelectorKeeper Selectors,
    Func<InstanceObservation> Latest,
    TimeProvider Time,
    Random Random,
    ILogger Logger)
{
    /// <summary>Waits until <paramref name="met"/> says true, asked every <paramref name="interval"/>.</summary>
    /// <returns>False where <paramref name="deadline"/> came first.</returns>
    public async Task<bool> UntilAsync(Func<Task<bool>> met, TimeSpan deadline, TimeSpan interval, CancellationToken cancellation)
    {
        var until = Time.BootTime() + deadline;
        while (!await met())
        {
            if (Time.BootTime() >= until) return false;
            await Task.Delay(interval, Time, cancellation);
        }
        return true;
    }
}

/// <summary>Who this agent is, from the downward API.</summary>
/// <param name="Cluster">Name of the DatabaseCluster, and of its record.</param>
/// <param name="ContainerId">This life of the container, as <c>run</c> names it: the pod's UID and the start of this process.</param>
public sealed record InstanceIdentity(string Instance, string Namespace, string Cluster, string ClaimUid, string PodUid, string? PodAddress, string? Node, string? Site, string ContainerId);

/// <summary>A job could not do what it was for; the table looks again after a moment.</summary>
/// <param name="passes">After this time what it failed for may be so no more; null: time alone does not change it.</param>
public sealed class JobFailedException(string reason, string message, TimeSpan? passes = null) : Exception(message)
{
    public string Reason { get; } = reason;

    public TimeSpan? Passes { get; } = passes;
}

internal static class RecordChecks
{
    /// <summary>The record, if it is still the reign that the decision was made in; else null, and the swap is moot.</summary>
    public static PrimaryRecord? SameReign(this PrimaryRecord? record, PrimaryRecord decidedOn) =>
        record is not null && record.Uid == decidedOn.Uid && record.Epoch == decidedOn.Epoch && record.Holder == decidedOn.Holder ? record : null;
}
