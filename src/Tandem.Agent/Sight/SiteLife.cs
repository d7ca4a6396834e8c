using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Sight;

/// <summary>
/// Whether this agent has lived through since its site last had a writable holder, or since it was decided that it is to have one. Only where no agent of the site has, a
/// read-write start needs a look at the other site [S8]: else an election within the site, or a failover that was asked for because the other site cannot be read, could never
/// end while the link is down. Kept in memory alone, for it is about this life.
/// </summary>
public sealed class SiteLife
{
    private PairEpoch? _first;
    private PairEpoch? _lived;
    private (PairEpoch Pair, Epoch Epoch, TimeSpan Since)? _reign;

    /// <param name="beat">The last beat of a holder whose disk took a write: under runMode Primary only a server that runs read-write has such beats.</param>
    /// <param name="now">By the clock that beats are timed by.</param>
    /// <param name="reigns">The server of this agent runs read-write, in the present reign.</param>
    public bool HasLivedThrough(PairRecord pair, PrimaryRecord? record, (long Epoch, string Incarnation, TimeSpan At)? beat, TimeSpan now, bool reigns = false)
    {
        _first ??= pair.PairEpoch;
        // The present epoch was decided within this life. What a letter says was decided at some time, which may be long over: it is enough for whoever has lived through the epoch before it [S15].
        if (_first < pair.PairEpoch && (pair.Outcome is not { Carried: true } told || told.To != pair.PairEpoch || told.From == _lived)) _lived = pair.PairEpoch;
        if (HeardWritableHolder(record, beat, now) || (reigns && record is { RunMode: RunMode.Primary })) _lived = record!.PairEpoch;
        return _lived == pair.PairEpoch;
    }

    /// <summary>A live beat that came after this agent first saw the holder's confirmed reign: a record that outlived a power loss has a reign, but no beats.</summary>
    private bool HeardWritableHolder(PrimaryRecord? record, (long Epoch, string Incarnation, TimeSpan At)? beat, TimeSpan now)
    {
        if (record is not { RunMode: RunMode.Primary, PairEpoch: { } epoch, Holder: { } holder, Reign: { Timeline: not null } reign } || reign.PairEpoch != epoch || reign.Epoch != record.Epoch)
        {
            _reign = null;
            return false;
        }

        if (_reign is not { } known || known.Pair != epoch || known.Epoch != record.Epoch) _reign = (epoch, record.Epoch, now);
        return beat is { } heard && heard.Epoch == record.Epoch.Value && heard.Incarnation == holder.ToString() && heard.At > _reign!.Value.Since;
    }
}
