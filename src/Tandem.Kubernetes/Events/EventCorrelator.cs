using Tandem.Kubernetes.Queueing;

namespace Tandem.Kubernetes.Events;

/// <summary>Which occurrences are one event. Pure bookkeeping: no I/O; forgets what has been quiet for long.</summary>
internal sealed class EventCorrelator(EventRecorderOptions options, TimeProvider time)
{
    private const string Combined = "(combined from similar events) ";
    private const int SweepAbove = 4096;

    private readonly Dictionary<(EventObject, string Type, string Reason), Similar> _similar = [];
    private readonly Dictionary<EventKey, EventSeries> _series = [];
    private readonly Dictionary<EventObject, (TokenBucket Bucket, DateTimeOffset At)> _buckets = [];

    /// <returns>The series with this occurrence counted in, or null where the object has had more events than it is worth.</returns>
    public EventSeries? Count(EventOccurrence occurrence)
    {
        Sweep(occurrence.At);
        if (!Bucket(occurrence).TryTake()) return null;
        var isOneOfMany = IsOneOfMany(occurrence);
        var key = new EventKey(occurrence.Object, occurrence.Type, occurrence.Reason, isOneOfMany ? Combined : occurrence.Message);
        if (!_series.TryGetValue(key, out var series) || occurrence.At - series.Last > options.RepeatWindow)
            _series[key] = series = new EventSeries(key, occurrence.At);
        series.Count++;
        series.Last = occurrence.At;
        series.Message = isOneOfMany ? Combined + occurrence.Message : occurrence.Message;
        return series;
    }

    private TokenBucket Bucket(EventOccurrence occurrence)
    {
        var bucket = _buckets.TryGetValue(occurrence.Object, out var known) ? known.Bucket : new TokenBucket(options.PerSecond, options.Burst, time);
        _buckets[occurrence.Object] = (bucket, occurrence.At);
        return bucket;
    }

    private bool IsOneOfMany(EventOccurrence occurrence)
    {
        var key = (occurrence.Object, occurrence.Type, occurrence.Reason);
        if (!_similar.TryGetValue(key, out var similar) || occurrence.At - similar.Last > options.SimilarWindow) _similar[key] = similar = new Similar();
        similar.Last = occurrence.At;
        if (similar.Messages.Contains(occurrence.Message)) return false;
        if (similar.Messages.Count >= options.SimilarLimit) return true;
        similar.Messages.Add(occurrence.Message);
        return false;
    }

    private void Sweep(DateTimeOffset now)
    {
        if (_series.Count + _similar.Count + _buckets.Count < SweepAbove) return;
        foreach (var (key, series) in _series.Where(s => now - s.Value.Last > options.RepeatWindow).ToList()) _series.Remove(key);
        foreach (var (key, similar) in _similar.Where(s => now - s.Value.Last > options.SimilarWindow).ToList()) _similar.Remove(key);
        foreach (var (key, _) in _buckets.Where(b => now - b.Value.At > TimeSpan.FromSeconds(options.Burst / options.PerSecond)).ToList()) _buckets.Remove(key);
    }

    private sealed class Similar
    {
        public HashSet<string> Messages { get; } = [];
        public DateTimeOffset Last { get; set; }
    }
}

/// <summary>What makes two occurrences one event.</summary>
internal sealed record EventKey(EventObject Object, string Type, string Reason, string Message);

/// <summary>One event in the API, and how often it has happened.</summary>
internal sealed class EventSeries(EventKey key, DateTimeOffset first)
{
    public EventKey Key => key;
    public DateTimeOffset First => first;
    public DateTimeOffset Last { get; set; }
    public int Count { get; set; }
    public string Message { get; set; } = "";

    /// <summary>Chosen before the first write, so that a second attempt cannot make a second event; null before.</summary>
    public string? Name { get; set; }

    /// <summary>It is known to be in the API.</summary>
    public bool IsWritten { get; set; }
}
