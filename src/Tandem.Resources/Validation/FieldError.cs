namespace Tandem.Resources.Validation;

/// <summary>One thing that is wrong in a spec.</summary>
/// <param name="Field">Path of the field: <c>spec.synchronization.acknowledgements</c>.</param>
/// <param name="Value">What stands there, as text; <c>absent</c> where nothing does.</param>
/// <param name="Reason">One of <see cref="Reasons"/>.</param>
/// <param name="Message">Field, value, what is wrong, and the way out, in one sentence.</param>
public sealed record FieldError(string Field, string Value, string Reason, string Message)
{
    public const string Absent = "absent";

    /// <param name="text">Goes on after field and value: <c>is more than the 2 standbys …; lower it</c>.</param>
    public static FieldError Of(string field, object? value, string reason, string text)
    {
        var shown = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) is { Length: > 0 } some ? Short(some) : Absent;
        return new FieldError(field, shown, reason, $"{field}: {shown} {text}");
    }

    /// <summary>The reason and message of a condition that tells of all of them.</summary>
    public static (string Reason, string Message) Describe(IReadOnlyList<FieldError> errors)
    {
        if (errors.Count == 0) throw new ArgumentException("nothing is wrong", nameof(errors));
        var reason = errors.All(e => e.Reason == errors[0].Reason) ? errors[0].Reason : Reasons.InvalidSpec;
        return (reason, string.Join("; ", errors.Take(10).Select(e => e.Message)) + (errors.Count > 10 ? $"; and {errors.Count - 10} more" : ""));
    }

    public override string ToString() => Message;

    private static string Short(string value) => value.Length <= 120 ? value : value[..117] + "...";
}
