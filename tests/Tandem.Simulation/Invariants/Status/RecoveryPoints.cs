using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Postgres;

namespace Tandem.Simulation.Invariants.Status;

/// <summary>What each site's primary had flushed, and acknowledged, and when: how much the other site lacks of what was there a while ago.</summary>
public sealed class RecoveryPoints(Events events)
{
    /// <summary>A status that is written late speaks of no earlier time.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, Queue<(TimeSpan At, Server Primary, ulong Flushed)>> _flushed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<(TimeSpan At, PairEpoch? Epoch, int Row)>> _acknowledged = new(StringComparer.Ordinal);

    public void Look(string site, Server primary)
    {
        var kept = Of(_flushed, site);
        while (kept.TryPeek(out var first) && events.Now - first.At > Kept) kept.Dequeue();
        kept.Enqueue((events.Now, primary, primary.Data.Flushed));
    }

    /// <summary>A client of the site was told that its row is committed, as it had asked for: on whoever's disk it waits for.</summary>
    public void Acknowledged(string site, PairEpoch? epoch, int row)
    {
        var kept = Of(_acknowledged, site);
        while (kept.TryPeek(out var first) && events.Now - first.At > Kept) kept.Dequeue();
        kept.Enqueue((events.Now, epoch, row));
    }

    /// <summary>A person has given up what was there.</summary>
    public void GaveUp() => _acknowledged.Clear();

    /// <summary>Bytes that the site's primary had flushed by then, and a standby lacks now; null: that primary is gone, or was not there then.</summary>
    public ulong? Lacking(string site, DataDirectory standby, TimeSpan then)
    {
        (TimeSpan At, Server Primary, ulong Flushed)? last = null, newest = null;
        foreach (var look in Of(_flushed, site))
        {
            if (look.At <= then) last = look;
            newest = look;
        }
        if (last is not { } known || newest!.Value.Primary != known.Primary || known.Primary.IsDead) return null;
        var common = known.Primary.Data.Log.CommonWith(standby.Log);
        var has = Math.Min(standby.Flushed, common == 0 ? WalLog.Origin : standby.Log[common - 1].End);
        return known.Flushed > has ? known.Flushed - has : 0;
    }

    /// <summary>The last row that was acknowledged at the site by then, in that pair epoch, and that is not on a disk; null: none is missing.</summary>
    public int? Missing(string site, PairEpoch? epoch, DataDirectory? disk, TimeSpan then)
    {
        int? last = null;
        foreach (var (at, of, row) in Of(_acknowledged, site))
        {
            if (at > then) break;
            if (of == epoch) last = row;
        }
        return last is { } one && !(disk?.Log.EndOfRow(one) <= disk?.Flushed) ? one : null;
    }

    private static Queue<T> Of<T>(Dictionary<string, Queue<T>> all, string site)
    {
        if (!all.TryGetValue(site, out var one)) all[site] = one = [];
        return one;
    }
}
