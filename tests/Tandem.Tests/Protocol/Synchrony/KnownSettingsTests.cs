using Tandem.Protocol.Synchrony;

namespace Tandem.Tests.Protocol.Synchrony;

public sealed class KnownSettingsTests
{
    private static readonly string[] All = ["a", "b", "c", "x"];

    [Fact]
    public void Only_between_two_that_need_all_of_theirs_comes_another()
    {
        Assert.Null(Known(Names(1, "a", "b")).Before(Names(1, "a")));
        Assert.Null(Known(Names(2, "a", "b")).Before(Names(1, "a", "b")));
        Assert.Null(Known(StandbyNames.None).Before(Names(1, "a")));
        Assert.Null(Known(Names(1, StandbyNames.Placeholder)).Before(Names(1, "a")));
        Assert.Equal("ANY 2 (b, tandem_nobody)", Known(Names(2, "a", "b")).Before(Names(1, "b"))!.ToString());
        Assert.Equal("ANY 2 (b, tandem_nobody)", Known(Names(1, "b")).Before(Names(2, "a", "b"))!.ToString());
    }

    [Fact]
    public void What_was_written_and_not_seen_in_effect_is_not_taken_for_known()
    {
        var known = Known(Names(2, "a", "b"));
        var between = known.Before(Names(1, "b"))!;
        Assert.Equal(between.ToString(), known.Writes(between).Before(Names(1, "b"))!.ToString());
        Assert.Contains("a", known.Writes(between).Names);
        Assert.Null(Known(between).Before(Names(1, "b")));
        // Back to where it was: some may know the one that was gone to.
        Assert.NotNull(Known(between).Writes(Names(2, "b", "x")).Before(Names(1, "b")));
        Assert.Null(known.Writes(Names(2, "a", "b")).Written);
    }

    /// <summary>
    /// Every walsender frees commits by the setting that it knows, and counts whoever is named by the setting that *that one's* walsender knows [C4]. From any set to any other, cut short anywhere and gone on with towards a
    /// third: whatever mixture is known by then, and whoever has flushed, what is freed is with all of one of the sets that were gone to. And it is not so without what comes in between.
    /// </summary>
    [Fact]
    public void However_settings_are_mixed_up_nothing_is_freed_without_all_of_one()
    {
        var unsafeDirectly = 0;
        foreach (var from in Sets())
            foreach (var to in Sets().Where(t => !t.Names.SetEquals(from.Names)))
            {
                List<List<StandbyNames>> known = [];
                Go(Known(from), [from], to, known);
                Assert.All(known, k => Assert.True(IsSafe(k, [from, to]), $"{from} -> {to}: {string.Join(" and ", k)}"));
                if (!IsSafe([from, to], [from, to])) unsafeDirectly++;
                foreach (var third in Sets())
                    foreach (var (cut, mixed) in CutShort(from, to))
                    {
                        List<List<StandbyNames>> later = [];
                        Go(cut, mixed, third, later);
                        Assert.All(later, k => Assert.True(IsSafe(k, [from, to, third]), $"{from} -> {to}, cut short, -> {third}: {string.Join(" and ", k)}"));
                    }
            }
        Assert.True(unsafeDirectly > 20, $"only {unsafeDirectly} changes need what comes between");
    }

    /// <summary>Notes every set of settings that walsenders may know on the way.</summary>
    private static void Go(KnownSettings known, List<StandbyNames> mixed, StandbyNames to, List<List<StandbyNames>> seen)
    {
        if (known.Before(to) is { } between)
        {
            seen.Add([.. mixed, between]);
            (known, mixed) = (KnownSettings.Of(between), [between]);
        }
        seen.Add([.. mixed, to]);
    }

    /// <summary>After each thing that is written on the way, before it is seen in effect.</summary>
    private static IEnumerable<(KnownSettings Known, List<StandbyNames> Mixed)> CutShort(StandbyNames from, StandbyNames to)
    {
        var known = Known(from);
        if (known.Before(to) is not { } between)
        {
            yield return (known.Writes(to), [from, to]);
            yield break;
        }
        yield return (known.Writes(between), [from, between]);
        yield return (Known(between).Writes(to), [between, to]);
    }

    private static bool IsSafe(IReadOnlyList<StandbyNames> known, IReadOnlyList<StandbyNames> sets)
    {
        var assignments = (int)Math.Pow(known.Count, All.Length);
        for (var knows = 0; knows < assignments; knows++)
            for (var flushed = 0; flushed < 1 << All.Length; flushed++)
            {
                StandbyNames Of(int i) => known[knows / (int)Math.Pow(known.Count, i) % known.Count];
                bool Has(int i) => (flushed >> i & 1) == 1;
                var counting = Enumerable.Range(0, All.Length).Where(i => Of(i).Names.Contains(All[i])).ToList();
                if (!counting.Any(i => Has(i) && counting.Count(Has) >= Of(i).Acknowledgements)) continue;
                if (!sets.Any(s => s.Names.All(n => Array.IndexOf(All, n) is >= 0 and var i && Has(i)))) return false;
            }
        return true;
    }

    private static IEnumerable<StandbyNames> Sets() =>
        Enumerable.Range(1, (1 << All.Length) - 1).Select(set => All.Where((_, i) => (set >> i & 1) == 1).ToArray()).Select(names => Names(names.Length, names));

    private static KnownSettings Known(StandbyNames setting) => KnownSettings.Of(setting);

    private static StandbyNames Names(int acknowledgements, params string[] names) => StandbyNames.Of(acknowledgements, names);
}
