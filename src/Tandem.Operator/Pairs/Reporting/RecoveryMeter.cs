using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>One reading of the stream at the primary site.</summary>
/// <param name="At">When, in time since boot.</param>
/// <param name="Flushed">The primary's own flush position.</param>
/// <param name="StandbyFlushed">What the other site's main standby has flushed.</param>
/// <param name="StandbyReplayed">What it has replayed.</param>
public readonly record struct StreamSample(TimeSpan At, Lsn Flushed, Lsn StandbyFlushed, Lsn StandbyReplayed);

/// <summary>How much would be lost, and how long it would take to catch up. Null: not known, which is not 0.</summary>
public sealed record RecoveryEstimate(long Bytes, double? PointSeconds, double? TimeSeconds);

/// <summary>
/// Recovery point = (primary flush − standby flush) / flush rate; recovery time = max(needFlush / flush rate, (needFlush + needApply) / apply rate). Rates are averages that
/// forget: 7/8 of what was known and 1/8 of what is new (B12). One meter per pair, at the primary site; a stream that breaks off begins anew.
/// </summary>
public sealed class RecoveryMeter
{
    private const double Kept = 7.0 / 8;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(500);

    private StreamSample? _last;
    private double? _written;
    private double? _flushed;
    private double? _applied;

    /// <summary>The stream is interrupted: what is known of it speaks of the past.</summary>
    public void Interrupt() => (_last, _written, _flushed, _applied) = (null, null, null, null);

    public RecoveryEstimate Take(StreamSample sample)
    {
        if (_last is { } last && sample.At - last.At is var interval && interval >= ShortestInterval)
        {
            _written = Average(_written, sample.Flushed - last.Flushed, interval);
            _flushed = Average(_flushed, sample.StandbyFlushed - last.StandbyFlushed, interval);
            _applied = Average(_applied, sample.StandbyReplayed - last.StandbyReplayed, interval);
            _last = sample;
        }

        _last ??= sample;
        return Estimate(sample);
    }

    private RecoveryEstimate Estimate(StreamSample sample)
    {
        var needFlush = Math.Max(0, sample.Flushed - sample.StandbyFlushed);
        var needApply = Math.Max(0, sample.StandbyFlushed - sample.StandbyReplayed);
        var flush = Seconds(needFlush, _flushed);
        var apply = Seconds(needFlush + needApply, _applied);
        return new RecoveryEstimate(needFlush, Seconds(needFlush, _written), flush is null || apply is null ? null : Math.Max(flush.Value, apply.Value));
    }

    private static double Average(double? known, long bytes, TimeSpan interval)
    {
        var now = Math.Max(0, bytes) / interval.TotalSeconds;
        return known is { } before ? (before * Kept) + (now * (1 - Kept)) : now;
    }

    /// <summary>Nothing to do takes no time, at any rate; something to do at no rate takes nobody knows how long.</summary>
    private static double? Seconds(long bytes, double? rate) => bytes == 0 ? 0 : rate is > 0 and var r ? bytes / r : null;
}
