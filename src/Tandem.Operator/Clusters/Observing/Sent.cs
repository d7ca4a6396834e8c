namespace Tandem.Operator.Clusters.Observing;

/// <summary>What was last sent for an object, and what came of it.</summary>
/// <param name="Hash">Of the content that was sent.</param>
/// <param name="Version">That the object had then (<see cref="ObjectVersion"/>); null where it was refused.</param>
/// <param name="Refusal">The API's own words; null where it was accepted.</param>
/// <param name="At">When, in time since boot.</param>
public sealed record Sent(string Hash, string? Version, string? Refusal, TimeSpan At);
