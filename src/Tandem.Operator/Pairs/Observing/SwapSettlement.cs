using System.Collections.Concurrent;
using Tandem.Kubernetes.Watching;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>
/// Of each pair: whether a swap of this very operator settled one record [C9] [S3]. What was sent before it, by this operator without an answer or by the one that
/// led before, can then land no more. Memory alone: whoever takes office settles anew; and so does one that has not worked on the pair for a while, for another may have led.
/// </summary>
public sealed class SwapSettlement(TimeProvider time)
{
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ResourceKey, Entry> _entries = new();

    /// <summary>Begins a round of work on the pair.</summary>
    public void Begin(ResourceKey pair)
    {
        var now = time.GetTimestamp();
        _entries.AddOrUpdate(pair, _ => new Entry(false, now), (_, entry) => new Entry(entry.Settled && time.GetElapsedTime(entry.At, now) < Absence, now));
    }

    public bool IsSettled(ResourceKey pair) => _entries.TryGetValue(pair, out var entry) && entry.Settled;

    /// <summary>Sends one swap of that record. Until the answer says that it was applied, it may land at any time [C9]; a conflict or a refusal never lands, so what was settled before still is.</summary>
    /// <param name="landed">Of the answer: whether it was applied; null: nobody knows.</param>
    public async Task<T> AroundAsync<T>(ResourceKey pair, Func<Task<T>> send, Func<T, bool?> landed)
    {
        var wasSettled = IsSettled(pair);
        Set(pair, settled: false);
        var answer = await send();
        Set(pair, landed(answer) switch { true => true, false => wasSettled, null => false });
        return answer;
    }

    public void Forget(ResourceKey pair) => _entries.TryRemove(pair, out _);

    private void Set(ResourceKey pair, bool settled) => _entries[pair] = new Entry(settled, time.GetTimestamp());

    private readonly record struct Entry(bool Settled, long At);
}
