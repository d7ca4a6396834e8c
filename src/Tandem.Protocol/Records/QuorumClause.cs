using System.Collections.Immutable;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// What <see cref="Holder"/> acknowledged under this clause, in <see cref="Epoch"/>, is flushed by at least <see cref="Acknowledgements"/> of <see cref="Members"/> (protocol, section 2).
/// With no members it is the empty clause of asynchronous mode: nothing is promised about anybody but the holder.
/// </summary>
public sealed record QuorumClause(Epoch Epoch, Incarnation Holder, ImmutableSortedSet<Incarnation> Members, int Acknowledgements)
{
    public static QuorumClause Empty(Epoch epoch, Incarnation holder) => new(epoch, holder, [], 0);

    public bool IsEmpty => Members.IsEmpty;

    /// <summary>How many members' promises satisfy the clause where the holder's own is missing: |S| − k + 1, so that they meet every acknowledging set.</summary>
    public int PromisesNeeded => Members.Count - Acknowledgements + 1;

    public bool Equals(QuorumClause? other) =>
        other is not null && Epoch == other.Epoch && Holder == other.Holder && Acknowledgements == other.Acknowledgements && Members.SetEquals(other.Members);

    public override int GetHashCode() => HashCode.Combine(Epoch, Holder, Acknowledgements, Members.Count);

    /// <summary>As people read it: <c>1 of 2 {orders-2, orders-3}</c>.</summary>
    public override string ToString() => IsEmpty ? "none" : $"{Acknowledgements} of {Members.Count} {{{string.Join(", ", Members.Select(m => m.Instance))}}}";
}
