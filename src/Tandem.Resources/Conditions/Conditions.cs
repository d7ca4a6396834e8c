using Tandem.Kubernetes.Models;

namespace Tandem.Resources;

/// <summary>Status of a condition. Unknown is said, never guessed.</summary>
public enum ConditionStatus { True, False, Unknown }

/// <summary>Reading and writing a list of conditions.</summary>
public static class Conditions
{
    /// <summary>Sets one condition; <c>lastTransitionTime</c> moves only where the status changed.</summary>
    /// <returns>Whether status, reason or message are not what they were: worth an Event.</returns>
    public static bool Set(List<V1Condition> conditions, string type, ConditionStatus status, string reason, string message, long? observedGeneration, DateTimeOffset now)
    {
        var word = status.ToString();
        var index = conditions.FindIndex(c => c.Type == type);
        var old = index < 0 ? null : conditions[index];
        var condition = new V1Condition
        {
            Type = type,
            Status = word,
            Reason = reason,
            Message = message,
            ObservedGeneration = observedGeneration,
            // The API keeps whole seconds: what is written must be what is read back, or every report would differ from the last.
            LastTransitionTime = old is not null && old.Status == word ? old.LastTransitionTime : WholeSeconds(now),
        };
        if (index < 0) conditions.Add(condition);
        else conditions[index] = condition;
        return old is null || old.Status != word || old.Reason != reason || old.Message != message;
    }

    public static V1Condition? Find(IEnumerable<V1Condition> conditions, string type) => conditions.FirstOrDefault(c => c.Type == type);

    public static bool IsTrue(IEnumerable<V1Condition> conditions, string type) => Find(conditions, type)?.Status == nameof(ConditionStatus.True);

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
