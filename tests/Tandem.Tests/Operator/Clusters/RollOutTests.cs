using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Clusters;

public sealed class RollOutTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_change_reaches_one_instance_at_a_time_and_the_primary_last_by_switchover(int instances)
    {
        var world = new ClusterWorld(SampleCluster.Make(instances));
        world.Settle();
        var primary = world.Now.Holder!;
        world.Done.Clear();

        world.Change(spec => spec.Image = "postgres:18");
        world.Settle(now => Assert.InRange(Down(now), 0, 1));

        Assert.All(world.Now.Pods.Values, p => Assert.Equal("postgres:18", p.Spec!.Containers[0].Image));
        var deleted = world.Done.OfType<ClusterAction.DeletePod>().Select(d => d.Pod).ToList();
        Assert.Equal(instances, deleted.Count);
        Assert.Equal(primary, deleted[^1]);
        var request = Assert.Single(world.Done.OfType<ClusterAction.RequestSwitchover>());
        Assert.Equal(1, request.FromEpoch);
        Assert.True(world.Done.IndexOf(request) < world.Done.FindIndex(a => a is ClusterAction.DeletePod d && d.Pod == primary));
        Assert.Equal(2, world.Now.PrimaryRecord!.Epoch.Value);
    }

    [Fact]
    public void A_primary_that_is_to_leave_hands_over_though_everybody_is_still_to_be_made_anew()
    {
        var world = new ClusterWorld(SampleCluster.Make(3));
        world.Settle();
        world.Reign("orders-3");
        world.Settle();

        world.Change(spec => (spec.Instances, spec.Image) = (2, "postgres:18"));
        world.Settle();

        Assert.Equal(["orders-1", "orders-2"], world.Now.Pods.Keys.Order());
        Assert.All(world.Now.Pods.Values, p => Assert.Equal("postgres:18", p.Spec!.Containers[0].Image));
    }

    [Fact]
    public void Who_was_lost_before_it_could_leave_comes_back_for_an_election_that_waits_for_it_and_leaves_then()
    {
        var world = new ClusterWorld(SampleCluster.Make(3));
        world.Settle();
        world.Reign("orders-3");
        world.Settle();
        world.Change(spec => spec.Instances = 2);
        var pod = world.Now.Pods["orders-3"];
        world.RemovePod("orders-3"); // its node was drained
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { State = RecordState.IsElecting, Holder = null, Members = [.. ((string[])["orders-1", "orders-2", "orders-3"]).Select(ClusterWorld.IncarnationOf)] }) };
        Assert.DoesNotContain(ClusterDecider.Decide(world.Now).Actions, a => a is ClusterAction.CreatePod);

        world.SetReport("orders-1", world.Report("orders-1") with { Reason = "ClauseUnsatisfied" });
        Assert.Equal(["orders-3"], ClusterDecider.Decide(world.Now).Actions.OfType<ClusterAction.CreatePod>().Select(c => c.Pod.Metadata.Name));

        world.Now = world.Now with { Pods = world.Now.Pods.SetItem("orders-3", pod) };
        Assert.DoesNotContain(ClusterDecider.Decide(world.Now).Actions, a => a is ClusterAction.DeletePod);
        world.Reign("orders-3");
        world.Settle();
        Assert.Equal(["orders-1", "orders-2"], world.Now.Pods.Keys.Order());
        Assert.NotEqual("orders-3", world.Now.Holder);
    }

    [Fact]
    public void A_main_standby_that_is_to_leave_goes_at_once_since_a_standby_site_knows_no_switchover()
    {
        var world = new ClusterWorld(SampleCluster.Make(3));
        world.Settle();
        world.Reign("orders-3");
        world.Settle();
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { RunMode = RunMode.Standby }) };
        world.SetReport("orders-3", world.Report("orders-3") with { State = "streaming", Streaming = true });
        world.Change(spec => spec.Instances = 2);

        var decision = ClusterDecider.Decide(world.Now);
        Assert.Contains(decision.Actions, a => a is ClusterAction.DeletePod { Pod: "orders-3" });
        Assert.DoesNotContain(decision.Actions, a => a is ClusterAction.RequestSwitchover);

        // Counted by the other site, only when that one can be told so.
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { Named = ClusterWorld.IncarnationOf("orders-3") }) };
        var held = ClusterDecider.Decide(world.Now);
        Assert.Contains(held.Holds, h => h.Reason == "ScaleDownWaits");
        Assert.DoesNotContain(held.Actions, a => a is ClusterAction.DeletePod);
        Assert.Contains(ClusterDecider.Decide(world.Now with { Pair = world.Now.Pair with { CanTellPeer = true } }).Actions, a => a is ClusterAction.DeletePod { Pod: "orders-3" });
    }

    [Fact]
    public void A_single_instance_is_made_anew_in_place()
    {
        var world = new ClusterWorld(SampleCluster.Make(1));
        world.Settle();

        world.Change(spec => spec.Image = "postgres:18");
        world.Settle();

        Assert.Equal("postgres:18", world.Now.Pods["orders-1"].Spec!.Containers[0].Image);
        Assert.DoesNotContain(world.Done, a => a is ClusterAction.RequestSwitchover);
    }

    [Fact]
    public void An_image_that_cannot_be_pulled_stops_at_one_standby_and_a_mended_spec_goes_on_by_itself()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var primary = world.Now.Holder!;

        world.Change(spec => spec.Image = "postgres:99");
        world.Settle(now => Assert.InRange(Down(now), 0, 1));
        Assert.Single(world.Now.Pods.Values, p => p.Spec!.Containers[0].Image == "postgres:99");
        Assert.Equal(primary, world.Now.Holder);

        world.Change(spec => spec.Image = "postgres:18");
        world.Settle(now => Assert.InRange(Down(now), 0, 1));
        Assert.All(world.Now.Pods.Values, p => Assert.Equal("postgres:18", p.Spec!.Containers[0].Image));
    }

    [Fact]
    public void The_next_instance_waits_until_the_one_before_streams()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var standby = world.Now.Pods.Keys.First(k => k != world.Now.Holder);
        world.Change(spec => spec.Image = "postgres:18");
        world.SetReport(standby, world.Report(standby) with { State = "recovering", Streaming = false });

        var decision = ClusterDecider.Decide(world.Now);

        Assert.Empty(decision.Actions);
        Assert.Contains(decision.Holds, h => h.Reason == "RollOutWaits" && h.Message.Contains(standby, StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_that_need_a_restart_are_rolled_out_the_same_way()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var standby = world.Now.Pods.Keys.First(k => k != world.Now.Holder);
        world.SetReport(standby, world.Report(standby) with { PendingRestart = ["shared_buffers"] });

        var delete = Assert.IsType<ClusterAction.DeletePod>(Assert.Single(ClusterDecider.Decide(world.Now).Actions));

        Assert.Equal(standby, delete.Pod);
        Assert.Contains("shared_buffers", delete.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_switchover_is_asked_for_once_and_again_only_when_it_is_overdue()
    {
        var world = new ClusterWorld(SampleCluster.Make(2));
        world.Settle();
        world.Change(spec => spec.Image = "postgres:18");
        var standby = world.Now.Pods.Keys.First(k => k != world.Now.Holder);
        var fresh = ClusterDecider.Decide(world.Now with { Pods = world.Now.Pods.SetItem(standby, Renewed(world, standby)) });
        var request = Assert.IsType<ClusterAction.RequestSwitchover>(Assert.Single(fresh.Actions));
        world.Now = world.Now with { Pods = world.Now.Pods.SetItem(standby, Renewed(world, standby)) };
        var asked = world.Now.Cluster.Metadata with { Annotations = new() { [Tandem.Resources.Names.SwitchoverAnnotation] = new SwitchoverRequest(request.Id, request.To, request.FromEpoch).Text } };
        world.Now = world.Now with { Cluster = world.Now.Cluster with { Metadata = asked } };

        Assert.Empty(ClusterDecider.Decide(world.Now).Actions);
        var later = ClusterDecider.Decide(world.Now with { Now = world.Now.Now + TimeSpan.FromMinutes(5), Sent = world.Now.Sent });
        Assert.Contains(later.Actions, a => a is ClusterAction.RequestSwitchover again && again.Id != request.Id);
    }

    [Fact]
    public void Scaling_down_takes_the_highest_number_and_keeps_its_claim_even_if_it_is_the_primary()
    {
        var world = new ClusterWorld(SampleCluster.Make(3));
        world.Settle();
        world.Reign("orders-3");
        world.Settle();

        world.Change(spec => (spec.Instances, spec.Synchronization.Mode) = (2, Tandem.Resources.SynchronizationMode.Synchronous));
        world.Settle(now => Assert.InRange(Down(now), 0, 1));

        Assert.Equal(["orders-1", "orders-2"], world.Now.Pods.Keys);
        Assert.Contains("orders-3", world.Now.Claims.Keys);
        Assert.NotEqual("orders-3", world.Now.Holder);
    }

    [Fact]
    [Requirement("A2")]
    public void At_a_standby_site_the_main_standby_goes_last_and_without_a_request()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var standbySite = world.Now.PrimaryRecord! with { RunMode = RunMode.Standby };
        world.Now = world.Now with { Record = new RecordReading.Present(standbySite) };
        foreach (var name in world.Now.Pods.Keys.ToList()) world.SetReport(name, world.Report(name) with { Streaming = true, Admitted = false, RunMode = "Standby" });
        world.Change(spec => spec.Image = "postgres:18");

        var first = Assert.IsType<ClusterAction.DeletePod>(Assert.Single(ClusterDecider.Decide(world.Now).Actions));
        Assert.NotEqual(world.Now.Holder, first.Pod);

        foreach (var name in world.Now.Pods.Keys.Where(n => n != world.Now.Holder).ToList()) world.Now = world.Now with { Pods = world.Now.Pods.SetItem(name, Renewed(world, name)) };
        var last = Assert.IsType<ClusterAction.DeletePod>(Assert.Single(ClusterDecider.Decide(world.Now).Actions));
        Assert.Equal(world.Now.Holder, last.Pod);
    }

    private static Tandem.Kubernetes.Models.V1Pod Renewed(ClusterWorld world, string name) =>
        world.Now.Pods[name] with { Metadata = world.Now.Instances.Single(i => i.Name == name).DesiredPod!.Metadata with { Uid = world.Now.Pods[name].Metadata.Uid } };

    /// <summary>Instances that nobody could use now.</summary>
    private static int Down(ClusterObservation now) => now.Cluster.Spec.Instances - now.Pods.Values.Count(p => PodFacts.IsRunning(p) && !PodFacts.IsTerminating(p) && Tandem.Operator.Clusters.Desired.ClusterShape.Ordinal("orders", p.Metadata.Name!) <= now.Cluster.Spec.Instances);
}
