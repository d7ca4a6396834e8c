using System.Collections.Immutable;

namespace Tandem.Protocol.Synchrony;

/// <summary>Which settings the walsenders of a running server may know: the last that was seen in effect with all of them, and what was written since. A change that was cut short leaves some at the one and some at the other.</summary>
/// <param name="InEffect">Every walsender knows this one, or one that was written after it.</param>
/// <param name="Written">The last that was written since; null: none.</param>
/// <param name="Names">Whoever may count by any of them.</param>
public sealed record KnownSettings(StandbyNames InEffect, StandbyNames? Written, ImmutableSortedSet<string> Names)
{
    /// <summary>Known to all: a server begins with it, or all have shown it.</summary>
    public static KnownSettings Of(StandbyNames setting) => new(setting, null, setting.Names);

    public KnownSettings Writes(StandbyNames setting) => Written is null && setting.ToString() == InEffect.ToString() ? this : this with { Written = setting, Names = Names.Union(setting.Names) };

    /// <summary>
    /// What is to be in effect with every walsender before <paramref name="to"/> may be set; null: nothing. Each walsender frees commits by its own setting, and counts whoever has a priority by that one's own: while some
    /// know one setting and some the other, k of the one can be met by a name of the other alone [C4]. So between two that both need all of their names comes one with the names that both have, and one that nobody bears,
    /// with the greatest k of all: it cannot be met, and whoever still knows an earlier one needs all of that. Commits wait for a moment; nothing is freed that is not with all of the one or all of the other.
    /// </summary>
    public StandbyNames? Before(StandbyNames to)
    {
        var from = Written ?? InEffect;
        if (from.Names.IsEmpty || to.Names.IsEmpty || !InEffect.NeedsAll || !from.NeedsAll || !to.NeedsAll) return null;
        if (Written is null && from.Names.SetEquals(to.Names)) return null;
        var both = from.Names.Intersect(to.Names).Add(StandbyNames.Placeholder);
        var k = Math.Max(InEffect.Acknowledgements, Math.Max(from.Acknowledgements, to.Acknowledgements));
        return Written is null && k == from.Acknowledgements && both.SetEquals(from.Names) ? null : new StandbyNames(k, both);
    }
}
