using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Arbitration;

namespace Tandem.Arbiter;

/// <summary>A Lease in a third Kubernetes cluster. Needs there: get, create and update of Leases in one namespace.</summary>
public sealed class KubernetesArbiter(IKubernetesClient client, string @namespace, string pair, TimeProvider time, IDisposable? owned = null) : IArbiter
{
    public const string Annotation = "tandem.dev/arbiter-record";

    private readonly string _name = $"tandem-{pair}";

    public async Task<ArbiterReading> ReadAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ArbiterFactory.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return Read(await client.GetAsync<V1Lease>(_name, @namespace, either.Token));
        }
        catch (Exception exception) when (exception is KubernetesException or KubernetesUnreachableException or FormatException)
        {
            return new ArbiterReading.Unreadable(exception is FormatException ? "ArbiterUnusable" : "ArbiterUnreachable", exception.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ArbiterReading.Unreadable("ArbiterUnreachable", "no answer in time");
        }
    }

    public async Task<ArbiterSwap> SwapAsync(ArbiterReading.Read read, ArbiterRecord next, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ArbiterFactory.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            var result = read.Version is V1Lease lease
                ? await client.SwapAsync(Write(lease, next), either.Token)
                : await client.CreateAsync(Write(new V1Lease { ApiVersion = "coordination.k8s.io/v1", Kind = "Lease", Metadata = new V1ObjectMeta { Name = _name, Namespace = @namespace } }, next), either.Token);
            return result switch
            {
                SwapResult<V1Lease>.Applied applied => new ArbiterSwap.Applied(Read(applied.Value)),
                SwapResult<V1Lease>.Unknown unknown => new ArbiterSwap.Unknown(unknown.Message),
                SwapResult<V1Lease>.Refused refused => new ArbiterSwap.Lost($"{refused.StatusCode}: {refused.Message}"),
                _ => new ArbiterSwap.Lost("somebody else wrote first"),
            };
        }
        catch (OperationCanceledException)
        {
            return new ArbiterSwap.Unknown("no answer in time");
        }
    }

    public ValueTask DisposeAsync()
    {
        owned?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ArbiterReading.Read Read(V1Lease? lease) => lease is null
        ? new ArbiterReading.Read(null, null)
        : new ArbiterReading.Read(ArbiterRecord.Decode(lease.Metadata.Annotations?.GetValueOrDefault(Annotation) ?? throw new FormatException($"the Lease {lease.Metadata.Name} has no annotation {Annotation}")), lease);

    /// <summary>The Lease's own fields repeat it for whoever looks at Leases.</summary>
    private static V1Lease Write(V1Lease lease, ArbiterRecord record) => lease with
    {
        Metadata = lease.Metadata with { Annotations = new Dictionary<string, string>(lease.Metadata.Annotations ?? []) { [Annotation] = record.Encode() } },
        Spec = (lease.Spec ?? new V1LeaseSpec()) with
        {
            HolderIdentity = record.Holder ?? "",
            LeaseTransitions = checked((int)record.PairEpoch.Number),
            LeaseDurationSeconds = (int)Math.Ceiling(record.Duration.TotalSeconds),
            RenewTime = record.RenewedAt,
        },
    };
}
