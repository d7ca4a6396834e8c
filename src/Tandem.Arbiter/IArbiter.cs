using Tandem.Protocol.Arbitration;

namespace Tandem.Arbiter;

/// <summary>What a live reading of the arbiter came to. A closed set.</summary>
public abstract record ArbiterReading
{
    private ArbiterReading() { }

    /// <param name="Record">Null: nothing stands there yet.</param>
    /// <param name="Version">What a swap must name; opaque.</param>
    public sealed record Read(ArbiterRecord? Record, object? Version) : ArbiterReading;

    /// <summary>Nothing is known of it now; one CamelCase word and a sentence, without anything secret.</summary>
    public sealed record Unreadable(string Reason, string Message) : ArbiterReading;
}

/// <summary>Outcome of a compare-and-swap at the arbiter. A closed set.</summary>
public abstract record ArbiterSwap
{
    private ArbiterSwap() { }

    public sealed record Applied(ArbiterReading.Read Now) : ArbiterSwap;

    /// <summary>Not applied, and never will be.</summary>
    public sealed record Lost(string Message) : ArbiterSwap;

    /// <summary>No answer: it may have been applied, or may still be. It can land no more once another swap has succeeded on the version that it names [C9].</summary>
    public sealed record Unknown(string Message) : ArbiterSwap;
}

/// <summary>The third place of a pair: one record, read live, changed by compare-and-swap. Each call is sent once, and ends within <see cref="ArbiterFactory.CallTimeout"/>.</summary>
public interface IArbiter : IAsyncDisposable
{
    Task<ArbiterReading> ReadAsync(CancellationToken cancellation);

    /// <param name="read">The reading that <paramref name="next"/> was decided on.</param>
    Task<ArbiterSwap> SwapAsync(ArbiterReading.Read read, ArbiterRecord next, CancellationToken cancellation);
}

/// <summary>Where a pair's arbiter is: a Lease in a third Kubernetes cluster, or a row in a PostgreSQL that is not of the pair.</summary>
/// <param name="Kubeconfig">Text of a kubeconfig; null: it is a database.</param>
/// <param name="Namespace">Of the Lease there.</param>
/// <param name="Uri">Connection string of the database, as <c>postgresql://…</c>; null: it is a cluster.</param>
public sealed record ArbiterAddress(string? Kubeconfig, string? Namespace, string? Uri)
{
    /// <summary>Nothing of it is for a log.</summary>
    public override string ToString() => Kubeconfig is not null ? $"Lease in namespace {Namespace}" : "row in PostgreSQL";
}

/// <summary>Makes them; a simulation has others.</summary>
public interface IArbiterFactory
{
    /// <param name="pair">UID of the pair.</param>
    /// <exception cref="ArbiterAddressException">The address cannot be used; says which part and why, never what is secret.</exception>
    IArbiter Connect(ArbiterAddress address, string pair);
}

public sealed class ArbiterAddressException(string message, Exception? inner = null) : Exception(message, inner);
