using Tandem.Kubernetes.Queueing;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Queueing;

public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new WorkQueue<string>(new WorkQueueOptions { RetriesPerSecond = 10, RetryBurst = 100 }, _time);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_key_is_in_the_queue_once()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("a");
        Assert.Equal(2, _queue.Count);
        Assert.Equal("a", await TakeAsync());
        Assert.Equal("b", await TakeAsync());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_key_in_work_is_given_to_nobody_else_and_comes_again_once_when_it_is_done()
    {
        _queue.Add("a");
        await TakeAsync();
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(0, _queue.Count);
        var second = _queue.TakeAsync(CancellationToken.None);
        Assert.False(second.IsCompleted);

        _queue.Done("a");

        Assert.Equal((true, "a"), await second.EndsAsync());
        _queue.Done("a");
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Waiting_workers_get_keys_in_the_order_in_which_they_came()
    {
        var first = _queue.TakeAsync(CancellationToken.None);
        var second = _queue.TakeAsync(CancellationToken.None);
        _queue.Add("a");
        _queue.Add("b");
        Assert.Equal(("a", "b"), ((await first.EndsAsync()).Key, (await second.EndsAsync()).Key));
    }

    [Fact]
    public async Task A_worker_that_gives_up_takes_no_key_with_it()
    {
        using var impatient = new CancellationTokenSource();
        var first = _queue.TakeAsync(impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _queue.Add("a");
        Assert.Equal("a", await TakeAsync());
    }

    [Fact]
    public void Of_two_delayed_adds_the_earlier_holds()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _queue.AddAfter("a", TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(2.999));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task The_later_of_two_delayed_adds_does_not_come_as_well()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(3));
        await TakeAsync();
        _queue.Done("a");
        _queue.AddAfter("a", TimeSpan.FromSeconds(100));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromSeconds(80));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void A_jump_of_the_wall_clock_moves_no_delay()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _time.WallClockError = TimeSpan.FromDays(-1);
        _queue.AddAfter("b", TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, _queue.Count);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void Each_failure_doubles_a_keys_wait_up_to_a_bound_and_forget_begins_anew()
    {
        var waits = Enumerable.Range(0, 25).Select(_ => _queue.AddRateLimited("a").TotalSeconds).ToArray();
        Assert.Equal([0.005, 0.01, 0.02, 0.04], waits[..4]);
        Assert.Equal(0.005 * Math.Pow(2, 10), waits[10], 6);
        Assert.All(waits[11..], w => Assert.Equal(10, w));
        Assert.Equal(0.005, _queue.AddRateLimited("b").TotalSeconds); // another key's failures are its own
        Assert.Equal(25, _queue.Failures("a"));
        _queue.Forget("a");
        Assert.Equal(0.005, _queue.AddRateLimited("a").TotalSeconds);
    }

    [Fact]
    public void All_retries_together_are_bounded_too()
    {
        for (var i = 0; i < 100; i++) Assert.Equal(0.005, _queue.AddRateLimited($"k{i}").TotalSeconds);
        Assert.Equal(0.1, _queue.AddRateLimited("k100").TotalSeconds, 6);
        Assert.Equal(0.2, _queue.AddRateLimited("k101").TotalSeconds, 6);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, _queue.Count - 2); // the two that waited for their turn have come as well
        for (var i = 0; i < 8; i++) Assert.Equal(0.005, _queue.AddRateLimited($"l{i}").TotalSeconds);
        Assert.Equal(0.1, _queue.AddRateLimited("l8").TotalSeconds, 6);
    }

    [Fact]
    public async Task After_shut_down_what_is_queued_is_given_out_and_then_workers_go_home()
    {
        var idle = new WorkQueue<string>(new WorkQueueOptions(), _time);
        var waiting = idle.TakeAsync(CancellationToken.None);
        idle.ShutDown();
        Assert.False((await waiting.EndsAsync()).HasKey);

        _queue.Add("a");
        _queue.AddAfter("later", TimeSpan.FromSeconds(1));
        _queue.ShutDown();
        _queue.Add("b");
        Assert.Equal("a", await TakeAsync());
        Assert.False((await _queue.TakeAsync(CancellationToken.None)).HasKey);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Under_load_of_many_threads_no_key_is_lost_and_none_is_worked_on_twice_at_a_time()
    {
        var inWork = new int[20];
        var seen = new int[20];
        var asked = new int[20];
        using var queue = new WorkQueue<int>(new WorkQueueOptions(), TimeProvider.System);
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (await queue.TakeAsync(CancellationToken.None) is (true, var key))
            {
                Assert.Equal(1, Interlocked.Increment(ref inWork[key]));
                seen[key] = Volatile.Read(ref asked[key]);
                await Task.Yield();
                Interlocked.Decrement(ref inWork[key]);
                queue.Done(key);
            }
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5000; i++)
            {
                var key = random.Next(20);
                Interlocked.Increment(ref asked[key]);
                queue.Add(key);
            }
        })));
        await Eventually.TrueAsync(() => queue.Count == 0 && asked.SequenceEqual(seen), () => string.Join(' ', seen));
        queue.ShutDown();
        await Task.WhenAll(workers).EndsAsync();
    }

    private async Task<string> TakeAsync() => (await _queue.TakeAsync(CancellationToken.None).EndsAsync()).Key;
}
