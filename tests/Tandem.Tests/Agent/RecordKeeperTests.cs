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
        keeper.WasPausedUntil(time.BootTime());
        Assert.Equal(time.BootTime(), keeper.Latest.ReachableSince);
        keeper.WasPausedUntil(asked);
        Assert.Equal(time.BootTime(), keeper.Latest.ReachableSince);
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
    public async Task What_is_read_or_listed_may_have_begun_long_ago_and_what_the_watch_or_an_own_swap_tells_begins_now()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        Assert.Null(keeper.Latest.Begun);
        api.Reads.Enqueue(Lease(2, "7"));
        await keeper.ReadAsync(CancellationToken.None);
        keeper.Observe(Lease(3, "9")); // from a list
        Assert.Null(keeper.Latest.Begun);
        keeper.Observe(Lease(3, "10"), Lease(3, "9")); // a renewal: it had begun before
        Assert.Null(keeper.Latest.Begun);
        keeper.Observe(Lease(4, "11"), Lease(3, "10") with { Metadata = new V1ObjectMeta { Name = "orders", Uid = "uid", ResourceVersion = "10" } }); // nobody could read what stood there
        Assert.Null(keeper.Latest.Begun);
        keeper.Observe(Lease(4, "12"), Lease(3, "10"));
        Assert.Equal(4, keeper.Latest.Begun!.Value.Epoch.Value);

        // The read was quicker than the watch.
        api.Reads.Enqueue(Lease(5, "14"));
        await keeper.ReadAsync(CancellationToken.None);
        Assert.Equal(4, keeper.Latest.Begun!.Value.Epoch.Value);
        keeper.Observe(Lease(5, "14"), Lease(4, "12"));
        Assert.Equal(5, keeper.Latest.Begun!.Value.Epoch.Value);

        api.Reads.Enqueue(Lease(5, "14"));
        api.Outcomes.Enqueue(sent => new SwapResult<V1Lease>.Applied(sent with { Metadata = sent.Metadata with { ResourceVersion = "15" } }));
        Assert.IsType<RecordSwap.Applied>(await keeper.SwapAsync("vacate", TimeSpan.MaxValue, record => record! with { Epoch = record.Epoch.Next }, CancellationToken.None));
        Assert.Equal(6, keeper.Latest.Begun!.Value.Epoch.Value);
    }

    [Fact]
    public async Task What_was_decided_before_the_api_server_was_out_of_reach_is_not_swapped_after_it()
    {
        var (keeper, api) = Keeper();
        api.Reads.Enqueue(Lease(1, "5"));
        await keeper.ReadAsync(CancellationToken.None);
        var decidedAt = keeper.Latest.ReachableSince!.Value;
        keeper.WasPausedUntil(decidedAt + TimeSpan.FromSeconds(1));
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

    /// <summary>Reads answer in the order given, and so do swaps; one that is given no outcome meets another version.</summary>
    public class Api : DispatchProxy
    {
        internal Queue<V1Lease> Reads { get; } = [];
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
            return Task.FromResult<V1Lease?>(Reads.Dequeue());
        }

        private Task<SwapResult<V1Lease>> Swap(V1Lease lease)
        {
            Sent.Add(lease);
            return Task.FromResult(Outcomes.TryDequeue(out var outcome) ? outcome(lease) : new SwapResult<V1Lease>.Conflict());
        }
    }
}
