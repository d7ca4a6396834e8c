using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Agent.Fencing;
using Tandem.Agent.Record;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Records;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Agent;

/// <summary>What the keeper knows when answers come late and in another order than they were asked for.</summary>
public sealed class RecordKeeperTests
{
    [Fact]
    public async Task What_a_watch_has_shown_is_not_undone_by_a_read_that_was_slower()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        var news = 0;
        api.Reads.Enqueue(Lease(1, "5"));
        api.UnderWay = () =>
        {
            keeper.Observe(Lease(2, "7"));
            keeper.Changed += () => news++;
        };
        var reading = await keeper.ReadAsync(CancellationToken.None);

        Assert.Equal(2, reading.Record!.Epoch.Value);
        Assert.True(reading.Reachable);
        Assert.Equal(0, news);
    }

    [Fact]
    public async Task A_watch_does_not_tell_that_the_api_server_answers_again()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        api.UnderWay = () => throw new KubernetesUnreachableException("gone", null);
        await Assert.ThrowsAsync<KubernetesUnreachableException>(() => keeper.ReadAsync(CancellationToken.None));

        keeper.Observe(Lease(2, "7"));

        Assert.Equal(2, keeper.Latest.Record!.Epoch.Value);
        Assert.False(keeper.Latest.Reachable);
    }

    [Fact]
    public async Task In_touch_again_is_whoever_was_answered_not_whoever_had_asked_long_before()
    {
        var time = new ManualTimeProvider();
        var (keeper, api) = Keeper(time);
        api.UnderWay = () => throw new KubernetesUnreachableException("cut off", null);
        await Assert.ThrowsAsync<KubernetesUnreachableException>(() => keeper.ReadAsync(CancellationToken.None));

        api.Reads.Enqueue(Lease(1, "5"));
        api.UnderWay = () => time.Advance(TimeSpan.FromSeconds(1.9)); // mended while the read hangs
        var asked = time.BootTime();
        var reading = await keeper.ReadAsync(CancellationToken.None);
        Assert.Equal(asked, reading.ReadAt);
        Assert.Equal(asked + TimeSpan.FromSeconds(1.9), reading.ReachableSince);

        api.Reads.Enqueue(Lease(1, "5"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(asked + TimeSpan.FromSeconds(1.9), (await keeper.ReadAsync(CancellationToken.None)).ReachableSince);

        time.Advance(TimeSpan.FromSeconds(20)); // the machine is paused: nobody was heard
        var resumed = time.BootTime();
        keeper.OutOfTouchUntil(resumed);
        Assert.Null(keeper.Latest.ReachableSince);
        time.Advance(TimeSpan.FromSeconds(0.2));
        api.Reads.Enqueue(Lease(1, "5"));
        Assert.Equal(time.BootTime(), (await keeper.ReadAsync(CancellationToken.None)).ReachableSince);
        keeper.OutOfTouchUntil(resumed);
        Assert.Equal(time.BootTime(), keeper.Latest.ReachableSince);
    }

    [Fact]
    public async Task A_read_that_was_sent_before_the_watch_broke_off_is_no_contact()
    {
        var time = new ManualTimeProvider();
        var (keeper, api) = Keeper(time);
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        api.Reads.Enqueue(Lease(1, "5"));
        api.UnderWay = () =>
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            keeper.OutOfTouchUntil(time.BootTime());
        };
        Assert.Null((await keeper.ReadAsync(CancellationToken.None)).ReachableSince);
        api.UnderWay = null;
        keeper.Observe(Lease(2, "7")); // and the watch, begun anew, tells nothing of when
        Assert.Null(keeper.Latest.ReachableSince);
        api.Reads.Enqueue(Lease(2, "7"));
        Assert.Equal(time.BootTime(), (await keeper.ReadAsync(CancellationToken.None)).ReachableSince);
    }

    /// <summary>Nothing failed meanwhile: only what stands there tells.</summary>
    [Theory]
    [InlineData("5", "uid", false)] // an older version
    [InlineData("12", "another", false)]
    [InlineData("12", "uid", true)] // it was gone in between
    [InlineData("12", "another", true)]
    public async Task Contact_begins_anew_where_the_api_server_is_seen_to_have_gone_back(string version, string uid, bool wasGone)
    {
        var time = new ManualTimeProvider();
        var (keeper, api) = Keeper(time);
        api.Reads.Enqueue(Lease(3, "9"));
        await keeper.ReadAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(3));
        if (wasGone)
        {
            api.Reads.Enqueue(null);
            await keeper.ReadAsync(CancellationToken.None);
        }
        var lease = Lease(2, version);
        lease.Metadata.Uid = uid;
        api.Reads.Enqueue(lease);
        Assert.Equal(time.BootTime(), (await keeper.ReadAsync(CancellationToken.None)).ReachableSince);
        api.Reads.Enqueue(lease);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(time.BootTime() - TimeSpan.FromSeconds(1), (await keeper.ReadAsync(CancellationToken.None)).ReachableSince);
    }

    [Fact]
    public async Task A_watch_that_tells_of_a_record_which_was_gone_is_no_contact()
    {
        var (keeper, api) = Keeper();
        foreach (var lease in new[] { Lease(3, "9"), null })
        {
            api.Reads.Enqueue(lease);
            await keeper.ReadAsync(CancellationToken.None);
        }
        keeper.Observe(Lease(3, "12"));
        Assert.Equal((3, null), (keeper.Latest.Record!.Epoch.Value, keeper.Latest.ReachableSince));
    }

    [Fact]
    public async Task An_api_server_that_went_back_is_believed_and_nothing_goes_on_from_there()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(3, "9"));
        await keeper.ReadAsync(CancellationToken.None);
        api.Reads.Enqueue(Lease(2, "5"));
        Assert.Equal(2, (await keeper.ReadAsync(CancellationToken.None)).Record!.Epoch.Value);

        api.Reads.Enqueue(Lease(2, "5"));
        Assert.IsType<RecordSwap.Moot>(await keeper.SwapAsync("renew", TimeSpan.MaxValue, record => record, CancellationToken.None));
        Assert.Empty(api.Sent);
        Assert.Equal(3, keeper.Latest.Newest!.Epoch.Value);

        api.Reads.Enqueue(Lease(2, "5"));
        api.Reads.Enqueue(Lease(2, "5"));
        await keeper.SwapAsync("rebuild", TimeSpan.MaxValue, record => record! with { Epoch = record.Epoch.Next }, CancellationToken.None, rebuilds: () => Task.CompletedTask);
        Assert.Single(api.Sent);
    }

    [Fact]
    public async Task What_the_volume_remembers_from_an_earlier_life_is_not_swapped_over()
    {
        var (keeper, api) = Keeper();
        keeper.Recall(Record(1, A) with { Revision = 4 });
        api.Reads.Enqueue(Lease(1, "5"));
        Assert.IsType<RecordSwap.Moot>(await keeper.SwapAsync("members", TimeSpan.MaxValue, record => record! with { Members = [A] }, CancellationToken.None));
        Assert.Empty(api.Sent);
    }

    [Fact]
    public async Task What_was_decided_before_the_api_server_was_out_of_reach_is_not_swapped_after_it()
    {
        var time = new ManualTimeProvider();
        var (keeper, api) = Keeper(time);
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        var decidedAt = keeper.Latest.ReachableSince!.Value;
        time.Advance(TimeSpan.FromSeconds(1));
        keeper.OutOfTouchUntil(decidedAt + TimeSpan.FromSeconds(1));
        api.Reads.Enqueue(Lease(1, "5"));
        Assert.IsType<RecordSwap.Unsent>(await keeper.SwapAsync("members", decidedAt, record => record! with { Members = [A] }, CancellationToken.None));
        Assert.Empty(api.Sent);
        api.Reads.Enqueue(Lease(1, "5"));
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.SwapAsync("members", decidedAt + TimeSpan.FromSeconds(1), record => record! with { Members = [A] }, CancellationToken.None);
        Assert.Single(api.Sent);
    }

    [Fact]
    public async Task A_read_that_is_answered_late_was_no_contact_and_nothing_that_was_decided_before_it_is_swapped()
    {
        var time = new ManualTimeProvider();
        var (keeper, api) = Keeper(time);
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        var decidedAt = time.BootTime();
        api.Reads.Enqueue(Lease(1, "5"));
        api.UnderWay = () => time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.IsType<RecordSwap.Unsent>(await keeper.SwapAsync("vacate", decidedAt, record => record! with { Epoch = record.Epoch.Next }, CancellationToken.None));
        Assert.Empty(api.Sent);
        Assert.Equal(decidedAt + TimeSpan.FromSeconds(1.9), keeper.Latest.ReachableSince);
    }

    [Fact]
    public async Task Those_who_remember_are_asked_between_the_last_read_and_a_rebuilding_and_may_stop_it()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        Func<Task> somebodyKnowsMore = () =>
        {
            Assert.Empty(api.Reads);
            return Task.FromException(new InvalidOperationException("db-2 knows of a later record"));
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => keeper.SwapAsync("rebuild", TimeSpan.MaxValue, record => record! with { Epoch = record.Epoch.Next }, CancellationToken.None, somebodyKnowsMore));
        Assert.Empty(api.Sent);

        // And the next one is not held up by it.
        api.Reads.Enqueue(Lease(1, "5"));
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.SwapAsync("rebuild", TimeSpan.MaxValue, record => record! with { Epoch = record.Epoch.Next }, CancellationToken.None, rebuilds: () => Task.CompletedTask);
        Assert.Single(api.Sent);
    }

    [Fact]
    public async Task A_swap_that_came_too_late_knows_at_once_what_was_swapped_before_it()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        api.Reads.Enqueue(Lease(2, "7"));

        Assert.IsType<RecordSwap.Lost>(await keeper.SwapAsync("vacate", TimeSpan.MaxValue, record => record! with { Holder = null, State = RecordState.IsElecting }, CancellationToken.None));

        Assert.Equal(2, keeper.Latest.Record!.Epoch.Value);
    }

    [Fact]
    public async Task Whom_an_unanswered_swap_names_may_be_a_member_until_one_of_ones_own_succeeds() // [C9] [C10a]
    {
        var (keeper, api) = Keeper();
        foreach (var version in new[] { "5", "5", "6" }) api.Reads.Enqueue(Lease(1, version));
        api.Outcomes.Enqueue(_ => new SwapResult<V1Lease>.Unknown("no answer"));
        await keeper.SwapAsync("members", TimeSpan.MaxValue, record => record! with { Members = [A, B] }, CancellationToken.None);
        Assert.Equal([A, B], keeper.MaybeMembers);
        await keeper.ReadAsync(CancellationToken.None);
        Assert.Equal([A, B], keeper.MaybeMembers); // it may land yet

        api.Outcomes.Enqueue(lease => new SwapResult<V1Lease>.Applied(lease with { Metadata = lease.Metadata with { ResourceVersion = "7" } }));
        await keeper.SwapAsync("renew", TimeSpan.MaxValue, record => record, CancellationToken.None);
        Assert.Empty(keeper.MaybeMembers);
    }

    private static (RecordKeeper Keeper, Api Api) Keeper(TimeProvider? time = null)
    {
        var client = DispatchProxy.Create<IKubernetesClient, Api>();
        return (new RecordKeeper(client, "orders", "default", time ?? TimeProvider.System, new Random(1), NullLogger.Instance), (Api)(object)client);
    }

    private static V1Lease Lease(long epoch, string version)
    {
        var lease = RecordLease.New("orders", "default", Record(epoch, A));
        return lease with { Metadata = lease.Metadata with { Uid = "uid", ResourceVersion = version } };
    }

    /// <summary>Reads answer in the order given (null: there is none), and so do swaps; one that is given no outcome meets another version.</summary>
    public class Api : DispatchProxy
    {
        internal Queue<V1Lease?> Reads { get; } = [];
        internal List<V1Lease> Sent { get; } = [];
        internal Queue<Func<V1Lease, SwapResult<V1Lease>>> Outcomes { get; } = [];

        /// <summary>Once, while the next read is on its way.</summary>
        internal Action? UnderWay { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
        {
            nameof(IKubernetesClient.GetAsync) => Read(),
            nameof(IKubernetesClient.SwapAsync) => Swap((V1Lease)args![0]!),
            var other => throw new NotSupportedException(other),
        };

        private Task<V1Lease?> Read()
        {
            var underWay = UnderWay;
            UnderWay = null;
            underWay?.Invoke();
            return Task.FromResult(Reads.Dequeue());
        }

        private Task<SwapResult<V1Lease>> Swap(V1Lease lease)
        {
            Sent.Add(lease);
            return Task.FromResult(Outcomes.TryDequeue(out var outcome) ? outcome(lease) : new SwapResult<V1Lease>.Conflict());
        }
    }
}
