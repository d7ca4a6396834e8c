namespace Tandem.Kubernetes.Queueing;

/// <summary>
/// A queue of keys. A key is in it once, however often it is added; it is never given to two workers at a time; added while one works on it, it comes again when that
/// one is done. Delayed adds of a key keep the earliest. After <see cref="ShutDown"/> nothing is added, and what is queued is still given out.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly WorkQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly TokenBucket _bucket;
    private readonly ITimer _timer;
    private readonly long _origin;

    private readonly LinkedList<TKey> _ready = [];
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _inWork = [];
    private readonly Dictionary<TKey, TimeSpan> _dueAt = [];
    private readonly PriorityQueue<TKey, (TimeSpan Due, long Sequence)> _delayed = new();
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly LinkedList<TaskCompletionSource<(bool HasKey, TKey Key)>> _waiting = [];
    private long _sequence;
    private bool _shutDown;

    public WorkQueue(WorkQueueOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _bucket = new TokenBucket(options.RetriesPerSecond, options.RetryBurst, time);
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(_ => AddDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>By the monotonic clock: a jump of the wall clock moves no delay.</summary>
    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Ready to be worked on now.</summary>
    public int Count
    {
        get { lock (_gate) return _ready.Count; }
    }

    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_shutDown || !_dirty.Add(key)) return;
            if (_inWork.Contains(key)) return; // Done brings it back
            Enqueue(key);
        }
    }

    /// <summary>An earlier add of the key that still waits stays; a later one is moved to this time.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        lock (_gate)
        {
            var due = Now + delay;
            if (_shutDown || (_dueAt.TryGetValue(key, out var earlier) && earlier <= due)) return;
            _dueAt[key] = due;
            _delayed.Enqueue(key, (due, _sequence++)); // a later entry of the key is passed over when it comes up
            SetTimer();
        }
    }

    /// <summary>After a failure: the item's own wait, doubled with each failure since <see cref="Forget"/>, or its turn among all retries, whichever is longer.</summary>
    /// <returns>How long it waits.</returns>
    public TimeSpan AddRateLimited(TKey key)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            var own = Math.Min(_options.InitialDelay.Ticks * Math.Pow(2, Math.Min(failures, 60)), _options.MaximumDelay.Ticks);
            wait = TimeSpan.FromTicks(Math.Max((long)own, _bucket.Reserve().Ticks));
        }
        AddAfter(key, wait);
        return wait;
    }

    /// <summary>It succeeded: the next failure is its first.</summary>
    public void Forget(TKey key)
    {
        lock (_gate) _failures.Remove(key);
    }

    /// <summary>Failures in a row.</summary>
    public int Failures(TKey key)
    {
        lock (_gate) return _failures.GetValueOrDefault(key);
    }

    /// <summary>The next key, in the order in which they became ready; every one that is given out must be <see cref="Done"/>.</summary>
    /// <returns>False once the queue is shut down and empty.</returns>
    public async Task<(bool HasKey, TKey Key)> TakeAsync(CancellationToken cancellation)
    {
        TaskCompletionSource<(bool HasKey, TKey Key)> turn;
        LinkedListNode<TaskCompletionSource<(bool HasKey, TKey Key)>> place;
        lock (_gate)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_ready.First is { } first)
            {
                _ready.RemoveFirst();
                Begin(first.Value);
                return (true, first.Value);
            }
            if (_shutDown) return (false, default!);
            turn = new TaskCompletionSource<(bool HasKey, TKey Key)>(TaskCreationOptions.RunContinuationsAsynchronously);
            place = _waiting.AddLast(turn);
        }
        using var registration = cancellation.Register(() => GiveUp(turn, place, cancellation));
        return await turn.Task;
    }

    /// <summary>The worker is done with the key, for better or worse.</summary>
    public void Done(TKey key)
    {
        lock (_gate)
        {
            _inWork.Remove(key);
            if (_dirty.Contains(key)) Enqueue(key);
        }
    }

    /// <summary>Takes no more; delayed keys are let go of, queued ones are still given out, then workers are sent home.</summary>
    public void ShutDown()
    {
        lock (_gate)
        {
            _shutDown = true;
            _delayed.Clear();
            _dueAt.Clear();
            foreach (var turn in _waiting) turn.SetResult((false, default!));
            _waiting.Clear();
        }
    }

    public void Dispose()
    {
        ShutDown();
        _timer.Dispose();
    }

    private void Enqueue(TKey key)
    {
        if (_waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            Begin(key);
            first.Value.SetResult((true, key));
            return;
        }
        _ready.AddLast(key);
    }

    private void Begin(TKey key)
    {
        _dirty.Remove(key);
        _inWork.Add(key);
    }

    private void GiveUp(TaskCompletionSource<(bool HasKey, TKey Key)> turn, LinkedListNode<TaskCompletionSource<(bool HasKey, TKey Key)>> place, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (place.List is null) return; // it has got its key already
            _waiting.Remove(place);
            turn.TrySetCanceled(cancellation);
        }
    }

    private void AddDue()
    {
        lock (_gate)
        {
            var now = Now;
            while (_delayed.TryPeek(out var key, out var at) && at.Due <= now)
            {
                _delayed.Dequeue();
                if (!_dueAt.TryGetValue(key, out var due) || due > now) continue;
                _dueAt.Remove(key);
                Add(key);
            }
            SetTimer();
        }
    }

    private void SetTimer()
    {
        if (!_delayed.TryPeek(out _, out var next)) return;
        var milliseconds = Math.Ceiling((next.Due - Now).TotalMilliseconds); // a timer counts in these, and one that came too early would come again
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }
}
