using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>What an operation is for.</summary>
public enum PairOperationKind { Switchover, Failover }

/// <summary>
/// The step that a site is at, written before it acts. The primary site goes Lock, Quiesce, Demote, Offer (then RollBack, if nobody consumes in time);
/// the site that shall become primary stands at Target meanwhile.
/// </summary>
public enum PairStep
{
    /// <summary>Primary site: the request is used up; the other site is awaited at <see cref="Target"/>.</summary>
    Lock,

    /// <summary>Primary site: clients are turned away, sessions drain.</summary>
    Quiesce,

    /// <summary>Primary site: runMode Standby is swapped into the cluster's record, then the server stops [S3].</summary>
    Demote,

    /// <summary>Primary site: the token is out. From here on only the one swap at the target decides [S2].</summary>
    Offer,

    /// <summary>Primary site: the token is to be revoked at the target.</summary>
    RollBack,

    /// <summary>The site that shall become primary: reaching the token's position, then consuming it.</summary>
    Target,

    /// <summary>Automatic failover: from here nothing is named, un-named, consumed or revoked here [S9].</summary>
    FailingOver,
}

/// <summary>
/// A planned switchover, or the fencing of a failover, as one site stands in it.
/// </summary>
/// <param name="Id">The same at both sites, in every log line, Event and status of it.</param>
/// <param name="Target">The site that shall become primary.</param>
/// <param name="Owner">The site whose operator began it.</param>
/// <param name="StepStartedAt">By this site's clock; step deadlines count from here.</param>
/// <param name="Deadline">By this site's clock: past it, what is not consumed is rolled back.</param>
/// <param name="DrainDeadline">By this site's clock: past it, sessions that did not end are ended.</param>
/// <param name="Token">At Offer and RollBack: what is offered.</param>
public sealed record PairOperation(
    string Id,
    PairOperationKind Kind,
    PairStep Step,
    string Target,
    string Owner,
    DateTimeOffset StartedAt,
    DateTimeOffset StepStartedAt,
    DateTimeOffset Deadline,
    DateTimeOffset? DrainDeadline = null,
    HandoverToken? Token = null)
{
    public PairOperation At(PairStep step, DateTimeOffset now) => this with { Step = step, StepStartedAt = now };
}

/// <summary>
/// What a demoted site offers: up to where its data goes. Counts only for the pair epoch it names [S2].
/// </summary>
/// <param name="Timeline">Of the last record: Reach compares it as well as the position [S3].</param>
/// <param name="End">The end of the log, with the reign that wrote it: becomes the new primary site's floor [S12].</param>
/// <param name="PairEpoch">The epoch that it hands over.</param>
public sealed record HandoverToken(SystemIdentifier SystemIdentifier, TimelineId Timeline, LogEnd End, PairEpoch PairEpoch)
{
    public override string ToString() => $"{SystemIdentifier}:{Timeline}:{End.Lsn}:{PairEpoch}";
}

/// <summary>How a pair epoch began.</summary>
public enum PairOutcomeKind
{
    /// <summary>The first one.</summary>
    Founded,

    /// <summary>The token of the epoch before was consumed: a switchover (or a failover whose old primary site could still be stopped in order).</summary>
    Consumed,

    /// <summary>The token, or the right to offer one, was revoked: the old site stays primary, at this epoch.</summary>
    Revoked,

    /// <summary>A failover: the other site's last commits may be missing.</summary>
    FailedOver,

    /// <summary>The demoted site opened again by a human's word, without knowing whether its token was consumed: the other site's commits may be missing [S6].</summary>
    Overridden,

    /// <summary>Decided at the other site, read there.</summary>
    Adopted,
}

/// <summary>
/// One decided pair epoch.
/// </summary>
/// <param name="From">The epoch that it ended; null for the first.</param>
/// <param name="To">The epoch that it began.</param>
/// <param name="Token">What was consumed.</param>
/// <param name="OperationId">Of the operation that it ended; null where there was none.</param>
/// <param name="Message">In a sentence; after a failover of an asynchronous pair: what may be lost.</param>
/// <param name="StartedAt">When the operation began, by this site's clock.</param>
/// <param name="Carried">A person brought the news [S15]: it was so once, and is no look at the other site [S8].</param>
public sealed record PairOutcome(
    PairOutcomeKind Kind,
    PairEpoch? From,
    PairEpoch To,
    DateTimeOffset At,
    string? OperationId = null,
    HandoverToken? Token = null,
    string? Message = null,
    DateTimeOffset? StartedAt = null,
    bool Carried = false);
