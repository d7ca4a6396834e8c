using Spectre.Console;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Cli.Output;

/// <summary>The conditions that are not as they should be, each in a line.</summary>
public static class ConditionLines
{
    private static readonly HashSet<string> GoodWhenFalse = [ConditionTypes.Progressing, ConditionTypes.Degraded, ConditionTypes.Paused, ConditionTypes.Diverged];

    public static IEnumerable<(string Text, Style Style)> Of(IEnumerable<V1Condition> conditions)
    {
        foreach (var condition in conditions)
        {
            var goodWhenFalse = GoodWhenFalse.Contains(condition.Type);
            if (condition.Status == (goodWhenFalse ? nameof(ConditionStatus.False) : nameof(ConditionStatus.True))) continue;
            var busy = condition.Type is ConditionTypes.Progressing or ConditionTypes.Paused;
            var name = goodWhenFalse ? condition.Type : $"Not {Words.Spaced(condition.Type)}";
            var unknown = condition.Status == nameof(ConditionStatus.Unknown) ? " (unknown)" : "";
            yield return ($"{name}{unknown}: {condition.Reason}{(condition.Message.Length > 0 ? $": {condition.Message}" : "")}", busy ? Cell.Busy : Cell.Bad);
        }
    }
}
