namespace Tandem.Operator.Clusters.Deciding;

/// <summary>Something that is not done, and why: it becomes a condition, so that nobody has to guess.</summary>
/// <param name="Kind">How it is to be taken.</param>
/// <param name="Reason">One CamelCase word.</param>
/// <param name="Message">One sentence: the field and its value where it is about one, and the way out.</param>
public sealed record Hold(HoldKind Kind, string Reason, string Message);

public enum HoldKind
{
    /// <summary>It goes on by itself as soon as what is waited for is there.</summary>
    Waiting,

    /// <summary>The spec cannot be obeyed: nothing of it is done until it is mended.</summary>
    Refused,

    /// <summary>A person is needed, or a machine to come back.</summary>
    Stuck,

    /// <summary>As asked by spec.paused.</summary>
    Paused,
}
