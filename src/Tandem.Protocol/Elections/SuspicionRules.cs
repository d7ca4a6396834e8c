using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Elections;

/// <summary>What a member sees of its holder, and what the others it reaches see.</summary>
/// <param name="SinceLiveBeat">Time since the last beat that showed a durable write; null: none ever in this epoch.</param>
/// <param name="HolderSaysFailed">The holder's own agent says so: storage, restart threshold, shutdown.</param>
/// <param name="HolderPodGone">The API says that the holder's pod is gone, or that its container has ended.</param>
/// <param name="Others">For each member reached: time since *its* last live beat of this holder; null: none.</param>
/// <param name="Holdoff">Time since an earlier suspicion was fruitless, against the back-off that follows from it.</param>
public sealed record SuspicionView(
    PrimaryRecord Record,
    Incarnation Me,
    TimeSpan? SinceLiveBeat,
    bool HolderSaysFailed,
    bool HolderPodGone,
    IReadOnlyDictionary<Incarnation, TimeSpan?> Others,
    TimeSpan? SinceMySuspicion,
    string? MySuspicionNonce,
    bool HeldOff,
    TimeSpan DetectionTimeout);

public abstract record SuspicionVerdict(string Reason, string Message)
{
    /// <summary>Nothing to suspect, or nothing to gain.</summary>
    public sealed record None(string Reason, string Message) : SuspicionVerdict(Reason, Message);

    /// <summary>Ask every member what it sees.</summary>
    public sealed record Ask(string Reason, string Message) : SuspicionVerdict(Reason, Message);

    /// <summary>Write the suspicion; a holder that lives refutes it within <see cref="SuspicionRules.RefutationWindow"/>.</summary>
    public sealed record Suspect(string Reason, string Message) : SuspicionVerdict(Reason, Message);

    /// <summary>Vacate the record now.</summary>
    public sealed record Vacate(string Reason, string Message) : SuspicionVerdict(Reason, Message);
}

/// <summary>Section 3, step 1. Suspicion costs availability where it is wrong, never safety: that is the promises' part.</summary>
public static class SuspicionRules
{
    /// <summary>What a living holder has for its refuting swap; it runs inside the detection timeout.</summary>
    public static readonly TimeSpan RefutationWindow = TimeSpan.FromMilliseconds(500);

    public static SuspicionVerdict Judge(SuspicionView view)
    {
        var holder = view.Record.Holder?.Instance ?? "-";
        if (view.Record.State is not RecordState.Stable || view.Record.Holder is null || view.Record.Holder == view.Me)
            return new SuspicionVerdict.None("NoHolderToSuspect", "the record names no other holder");

        // Known to be gone, and not only suspected. Then an election that must wait is no worse than none: it says for whom, the holder's own promise ends it too, and a person can.
        if (view.HolderPodGone) return new SuspicionVerdict.Vacate("HolderGone", $"the pod of {holder} is gone, by the API or as another life of its volume answers");
        if (view.HolderSaysFailed) return new SuspicionVerdict.Vacate("HolderFailed", $"the agent of {holder} says that it has failed");

        var threshold = view.DetectionTimeout * 0.75;
        if ((view.SinceLiveBeat ?? TimeSpan.MaxValue) < threshold)
            return new SuspicionVerdict.None("HolderLives", $"{holder} has shown a durable write {view.SinceLiveBeat?.TotalSeconds:0.0} s ago");
        if (view.HeldOff)
            return new SuspicionVerdict.None("HeldOff", "an earlier suspicion was refuted; waiting before the next");

        var reachable = view.Others.Keys.Append(view.Me).ToHashSet();
        if (ClauseRules.Unattainable(view.Record, reachable) is { } unattainable)
            return new SuspicionVerdict.Ask("TooFewReachable", $"{holder} is silent, but {unattainable} could not be satisfied by {string.Join(", ", reachable.Select(r => r.Instance).Order(StringComparer.Ordinal))}");

        var seeing = view.Others.Where(o => o.Value is { } age && age < threshold).Select(o => o.Key.Instance).ToList();
        if (seeing.Count > 0)
            return new SuspicionVerdict.None("SeenByOthers", $"{string.Join(", ", seeing)} still hear {holder}");

        if (view.MySuspicionNonce is { } nonce && view.Record.Suspect?.Nonce == nonce)
            return view.SinceMySuspicion >= RefutationWindow
                ? new SuspicionVerdict.Vacate("HolderSilent", $"{holder} has shown no durable write for {view.DetectionTimeout.TotalSeconds:0.0} s and has not refuted")
                : new SuspicionVerdict.None("AwaitingRefutation", $"{holder} has {RefutationWindow.TotalMilliseconds:0} ms to refute");

        return new SuspicionVerdict.Suspect("HolderSilent", $"no live beat of {holder} for {view.SinceLiveBeat?.TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) ?? "ever"} s, here and at {view.Others.Count} others");
    }
}
