namespace Tandem.Protocol.Synchrony;

public enum SynchronyMode { Asynchronous, Quorum, Synchronous }

/// <summary>What the user wants of synchronisation, with defaults applied.</summary>
/// <param name="Acknowledgements">k of Quorum; ignored otherwise.</param>
/// <param name="Preferred">Durability Preferred: may degrade to asynchronous after <paramref name="DegradeAfter"/>.</param>
/// <param name="ReplaceAfter">A member that has not streamed for this long leaves the set, where enough others remain.</param>
/// <param name="ResumeLag">Bytes: a standby nearer than this to the end may join the set.</param>
public sealed record SynchronyTarget(SynchronyMode Mode, int Acknowledgements, bool Preferred, TimeSpan DegradeAfter, TimeSpan ReplaceAfter, long ResumeLag)
{
    /// <summary>Fewest members that a set may be left with.</summary>
    public int Least { get; init; } = 1;

    /// <summary>
    /// While one of the other site is counted, all of the set here must acknowledge: PostgreSQL cannot say "so many of these, and that one" (protocol, section 5). A set of fewer than the spec's acknowledgements is not
    /// gone to.
    /// </summary>
    public SynchronyTarget BesideRemote => Mode == SynchronyMode.Quorum ? this with { Mode = SynchronyMode.Synchronous, Least = Acknowledgements } : this;

    public bool IsSynchronous => Mode != SynchronyMode.Asynchronous;

    /// <summary>k for a set of this size.</summary>
    public int AcknowledgementsFor(int members) => Mode switch
    {
        SynchronyMode.Asynchronous => 0,
        SynchronyMode.Synchronous => Math.Max(1, members),
        SynchronyMode.Quorum => Acknowledgements,
        _ => throw new ArgumentOutOfRangeException(nameof(members)),
    };
}
