namespace Tandem.Simulation.Invariants;

/// <summary>Something that must never be so, was so.</summary>
/// <param name="Rule">Short and stable, for counting: `AcknowledgedLost`.</param>
/// <param name="At">Simulated time.</param>
public sealed record Violation(string Rule, TimeSpan At, string Message)
{
    public override string ToString() => System.FormattableString.Invariant($"{Rule} at {At.TotalSeconds:0.000} s: {Message}");
}
