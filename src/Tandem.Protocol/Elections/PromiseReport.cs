using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Elections;

/// <summary>
/// A promise as its giver reports it: it obeys no epoch below <see cref="Epoch"/> ever again, its way to the old primary is gone, and its log is sealed.
/// </summary>
/// <param name="Position">Where its sealed log ends; null while a marker stands (a rewind or clone was begun): then it satisfies no clause, not even as holder [C6].</param>
/// <param name="Lineage">The history of its data, for the record of the winner.</param>
public sealed record PromiseReport(Incarnation By, Epoch Epoch, LogEnd? Position, TimelineId? Timeline, ImmutableList<LineageEntry> Lineage, int Priority)
{
    /// <summary>False: its agent is older than the record, and may not swap it. What it has counts as any other's, and nobody is elected who has less.</summary>
    public bool CanHold { get; init; } = true;
}
