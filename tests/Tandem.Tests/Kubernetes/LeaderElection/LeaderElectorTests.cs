using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.LeaderElection;
using Tandem.Kubernetes.Models;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.LeaderElection;

[Collection(ApiServerCollection.Name)]
public sealed class LeaderElectorTests(ApiServerFixture api)
{
    private int _leading;
    private int _most;

    [Fact]
    public async Task Of_two_candidates_one_leads_and_the_other_at_once_after_it_has_released()
    {
        var ns = await api.NamespaceAsync();
        var (one, two) = (Elector(ns, "one"), Elector(ns, "two"));
        await using var first = Running.Start(stop => one.RunAsync(LeadAsync, stop));
        await Eventually.TrueAsync(() => one.IsLeader);
        await using var second = Running.Start(stop => two.RunAsync(LeadAsync, stop));
        await Eventually.TrueAsync(() => two.Leader == "one");

        await first.StopAsync();
        var released = await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None);
        Assert.NotEqual("one", released!.Spec!.HolderIdentity);
        await Eventually.TrueAsync(() => two.IsLeader);

        Assert.Equal(1, _most);
        Assert.False(one.IsLeader);
        Assert.Equal(1, (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.LeaseTransitions);
    }

    [Fact]
    public async Task The_lease_is_held_until_what_was_led_has_drained()
    {
        var ns = await api.NamespaceAsync();
        var elector = Elector(ns, "one");
        var drained = new TaskCompletionSource();
        await using var running = Running.Start(stop => elector.RunAsync(async (stopping, _) =>
        {
            await UntilAsync(stopping);
            await drained.Task;
        }, stop));
        await Eventually.TrueAsync(() => elector.IsLeader);
        var stopped = running.StopAsync();
        var before = (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.RenewTime;
        await Eventually.TrueAsync(async () => (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.RenewTime > before); // still renewed
        Assert.Equal("one", (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.HolderIdentity);

        drained.SetResult();
        await stopped;

        Assert.Equal("", (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.HolderIdentity ?? "");
    }

    [Fact]
    public async Task A_leader_that_is_cut_off_stops_before_another_begins()
    {
        var ns = await api.NamespaceAsync();
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        var direct = api.Configuration;
        using var cut = new KubernetesClient(new KubernetesClientConfiguration { Server = proxy.Address, CertificateAuthority = direct.CertificateAuthority, ClientCertificate = direct.ClientCertificate });
        var (one, two) = (Elector(ns, "one", cut), Elector(ns, "two"));
        await using var first = Running.Start(stop => one.RunAsync(LeadAsync, stop));
        await Eventually.TrueAsync(() => one.IsLeader);
        await using var second = Running.Start(stop => two.RunAsync(LeadAsync, stop));

        proxy.Freeze = true;
        await Eventually.TrueAsync(() => two.IsLeader);

        Assert.False(one.IsLeader);
        Assert.Equal(1, _most);
        proxy.Freeze = false;
        proxy.Cut();
        await Eventually.TrueAsync(() => one.Leader == "two"); // it comes back as a follower
        Assert.Equal(1, _most);
    }

    [Fact]
    public async Task A_lease_is_dead_when_it_stood_still_by_ones_own_clock_whatever_the_times_in_it_say()
    {
        var ns = await api.NamespaceAsync();
        var time = new ManualTimeProvider { WallClockError = TimeSpan.FromDays(365) }; // this process's calendar is off by a year
        var lease = new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = "leader", Namespace = ns },
            Spec = new V1LeaseSpec { HolderIdentity = "other", LeaseDurationSeconds = 15, RenewTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), LeaseTransitions = 7 },
        };
        await api.Client.CreateAsync(lease, CancellationToken.None);
        var elector = Elector(ns, "me", time: time);
        await using var running = Running.Start(stop => elector.RunAsync((stopping, _) => UntilAsync(stopping), stop));
        await Eventually.TrueAsync(() => elector.Leader == "other" && time.ArmedTimers > 0);
        Assert.False(elector.IsLeader); // by the times in it, it would have run out long ago

        await StepAsync(time, TimeSpan.FromSeconds(14));
        Assert.False(elector.IsLeader);
        await api.Client.PatchAsync<V1Lease>("leader", ns, """{"spec":{"renewTime":"2000-01-01T00:00:00.000001Z"}}""", CancellationToken.None); // it lives
        await StepAsync(time, TimeSpan.FromSeconds(1));
        await StepAsync(time, TimeSpan.FromSeconds(14));
        Assert.False(elector.IsLeader);
        for (var i = 0; i < 4 && !elector.IsLeader; i++) await StepAsync(time, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => elector.IsLeader);
        Assert.Equal(8, (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.LeaseTransitions);
    }

    [Fact]
    public void Times_that_allow_two_leaders_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Elector("n", "x", options: o => o with { RenewDeadline = o.LeaseDuration }));
        Assert.Throws<ArgumentException>(() => Elector("n", "x", options: o => o with { RetryPeriod = o.RenewDeadline }));
    }

    /// <summary>Moves the clock by more than a retry period, and waits until the elector has made its attempt and sleeps again.</summary>
    private static async Task StepAsync(ManualTimeProvider time, TimeSpan by)
    {
        time.Advance(by); // its one timer fires in here
        await Eventually.TrueAsync(() => time.ArmedTimers > 0);
    }

    private async Task LeadAsync(CancellationToken stopping, CancellationToken lost)
    {
        var now = Interlocked.Increment(ref _leading);
        _most = Math.Max(_most, now);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lost);
        await UntilAsync(either.Token);
        Interlocked.Decrement(ref _leading);
    }

    private static async Task UntilAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private LeaderElector Elector(string ns, string identity, IKubernetesClient? client = null, TimeProvider? time = null, Func<LeaderElectionOptions, LeaderElectionOptions>? options = null)
    {
        var quick = new LeaderElectionOptions { Namespace = ns, Name = "leader", Identity = identity, LeaseDuration = TimeSpan.FromSeconds(3), RenewDeadline = TimeSpan.FromSeconds(2), RetryPeriod = TimeSpan.FromSeconds(0.3) };
        return new LeaderElector(client ?? api.Client, options?.Invoke(quick) ?? quick, time ?? TimeProvider.System, new Random(1), NullLogger.Instance);
    }
}
