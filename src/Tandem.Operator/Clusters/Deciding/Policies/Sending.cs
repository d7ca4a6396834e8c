using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>Whether an object must be sent: never sent, other content, or changed by somebody since. Sending what is there already changes nothing, so doubt means: send.</summary>
public static class Sending
{
    /// <summary>What was refused is tried again after so long: a quota may have been raised.</summary>
    private static readonly TimeSpan RefusalStands = TimeSpan.FromSeconds(30);

    /// <summary>How long the cache may take to show what was just sent.</summary>
    private static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(2);

    /// <param name="blame">Field and value of the spec that a refusal is most likely about: <c>spec.storage.size: 40Gi</c>.</param>
    public static ClusterDecision Object(ClusterObservation observation, DesiredObject desired, string? blame = null)
    {
        var name = new ObjectName(desired.Kind, desired.Name);
        var live = observation.Live.GetValueOrDefault(name);
        if (observation.Sent.GetValueOrDefault(name) is { } sent && sent.Hash == desired.Hash)
        {
            if (sent.Refusal is { } refusal) return observation.BootTime - sent.At < RefusalStands ? Refused(desired.ToString(), refusal, blame) : Send();
            if (sent.Version == live) return ClusterDecision.Nothing;
            if (observation.BootTime - sent.At < CacheLag) return new ClusterDecision([], [], CacheLag);
            if (live is not null) return ClusterDecision.Do(new ClusterAction.Apply(desired, true, $"{desired.Kind}Checked", $"{desired} was written by somebody else and is checked"));
        }

        return Send();

        ClusterDecision Send() => ClusterDecision.Do(live is null
            ? new ClusterAction.Apply(desired, false, $"{desired.Kind}Made", $"{desired} is made")
            : new ClusterAction.Apply(desired, observation.Sent.GetValueOrDefault(name) is null, $"{desired.Kind}Changed", $"{desired} is brought to what the spec asks for"));
    }

    /// <summary>Whether something of that name was sent so lately that the cache may not show it yet.</summary>
    public static bool WasJustSent(ClusterObservation observation, string kind, string name) =>
        observation.Sent.GetValueOrDefault(new ObjectName(kind, name)) is { Refusal: null } sent && observation.BootTime - sent.At < CacheLag;

    /// <summary>What the API said to an earlier attempt, as long as it stands.</summary>
    public static ClusterDecision? StandingRefusal(ClusterObservation observation, string kind, string name, string hash, Func<string, string?>? blame = null) =>
        observation.Sent.GetValueOrDefault(new ObjectName(kind, name)) is { Refusal: { } refusal } sent && sent.Hash == hash && observation.BootTime - sent.At < RefusalStands
            ? Refused($"{kind} {name}", refusal, blame?.Invoke(refusal))
            : null;

    private static ClusterDecision Refused(string name, string refusal, string? blame) =>
        ClusterDecision.HoldFor(RefusalStands, HoldKind.Stuck, "RefusedByApi", $"{(blame is null ? "" : blame + ": ")}the API server refuses {name}: {refusal}");
}
