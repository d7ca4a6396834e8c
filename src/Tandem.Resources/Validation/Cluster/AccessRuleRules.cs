namespace Tandem.Resources.Validation.Cluster;

internal static class AccessRuleRules
{
    public static IEnumerable<FieldError> LinesAreRules(DatabaseClusterInput input)
    {
        for (var i = 0; i < input.Spec.AccessRules.Count; i++)
        {
            var line = input.Spec.AccessRules[i];
            if (line.Any(char.IsControl) && line.Any(c => c != '\t' && char.IsControl(c)))
                yield return FieldError.Of($"spec.accessRules[{i}]", "…", Reasons.InvalidValue, "is not one line; write one rule per entry");
            else if (HostRule.Parse(line, out var problem) is null)
                yield return FieldError.Of($"spec.accessRules[{i}]", line, IsUnsafe(problem!) ? Reasons.UnsafeAccess : Reasons.InvalidValue, problem!);
        }
    }

    private static bool IsUnsafe(string problem) => problem.StartsWith("lets", StringComparison.Ordinal) || problem.StartsWith("opens", StringComparison.Ordinal) || problem.StartsWith("sends", StringComparison.Ordinal);
}
