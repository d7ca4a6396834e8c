using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;
using Tandem.Simulation.Machines;
using Xunit;

namespace Tandem.Simulation.Models;

/// <summary>The life of pods, volumes and Services, as far as ours lean on it.</summary>
public sealed class SiteTests
{
    private readonly SiteWorld _world = new();

    [Fact]
    public void A_pod_is_scheduled_started_and_found_ready()
    {
        foreach (var instance in new[] { "db-1", "db-2", "db-3" }) _world.Make(instance);
        _world.Run(10);
        Assert.Equal(3, _world.Site.Api.All<V1Pod>().Select(p => p.Spec!.NodeName).Distinct().Count());
        foreach (var pod in _world.Api.All<V1Pod>())
        {
            Assert.True(PodFacts.IsRunning(pod) && PodFacts.IsReady(pod));
            var program = _world.Last(pod.Metadata.Name!);
            Assert.Equal((pod.Status!.PodIP, pod.Metadata.Uid), (program.Started.Address, program.Started.Pod.Metadata.Uid));
            Assert.Same(program, _world.Site.PodAt(program.Started.Address)!.Program);
            Assert.Equal(_world.Api.Find<V1PersistentVolumeClaim>(SiteWorld.Namespace, pod.Metadata.Name!)!.Metadata.Uid, program.Started.Disk!.ClaimUid);
        }
        _world.Last("db-1").IsReady = false;
        _world.Run(4);
        Assert.False(PodFacts.IsReady(_world.Pod("db-1")!));
    }

    [Fact]
    public void A_container_that_ends_is_started_again_in_place()
    {
        _world.Make("db-1");
        _world.Run(10);
        var first = _world.Last("db-1");
        first.End(3);
        _world.Run(5);
        var second = _world.Last("db-1");
        Assert.NotSame(first, second);
        Assert.Equal((first.Started.Address, first.Started.Disk), (second.Started.Address, second.Started.Disk));
        var pod = _world.Pod("db-1")!;
        Assert.Equal((1, 3), (PodFacts.Restarts(pod), pod.Status!.ContainerStatuses![0].LastState!.Terminated!.ExitCode));
        for (var i = 0; i < 4; i++)
        {
            _world.Run(10);
            _world.Last("db-1").End(1);
        }
        _world.Run(3);
        Assert.Equal("CrashLooping", PodFacts.WhyNotRunning(_world.Pod("db-1")!)!.Value.Reason);
        _world.Run(60);
        Assert.True(PodFacts.IsRunning(_world.Pod("db-1")!));
    }

    [Fact]
    public void A_deleted_pod_is_asked_to_end_then_killed_then_gone()
    {
        _world.Make("db-1");
        _world.Run(10);
        var program = _world.Last("db-1");
        program.EndsWhenAsked = false;
        _world.Api.Delete<V1Pod>(SiteWorld.Namespace, "db-1");
        _world.Run(50);
        Assert.True(program is { WasAsked: true, IsEnded: false });
        Assert.NotNull(_world.Pod("db-1"));
        _world.Run(20);
        Assert.True(program.IsEnded);
        Assert.Null(_world.Pod("db-1"));

        _world.Make("db-1");
        _world.Run(10);
        Assert.NotSame(program, _world.Last("db-1"));
        Assert.Same(program.Started.Disk, _world.Last("db-1").Started.Disk);
        Assert.Equal(program.Started.Machine, _world.Last("db-1").Started.Machine);
        _world.Api.Delete<V1Pod>(SiteWorld.Namespace, "db-1");
        _world.Run(5);
        Assert.Null(_world.Pod("db-1"));
    }

    [Fact]
    public void A_machine_that_boots_again_restarts_its_pods_at_other_addresses()
    {
        _world.Make("db-1");
        _world.Run(10);
        var (machine, first, uid) = (_world.MachineOf("db-1"), _world.Last("db-1"), _world.Pod("db-1")!.Metadata.Uid);
        machine.LosePower();
        Assert.True(first.IsEnded);
        _world.Run(30);
        Assert.True(PodFacts.IsReady(_world.Pod("db-1")!));
        _world.Run(30);
        Assert.False(PodFacts.IsReady(_world.Pod("db-1")!));
        Assert.Same(first, _world.Last("db-1"));
        machine.Boot();
        _world.Run(20);
        var pod = _world.Pod("db-1")!;
        Assert.Equal((uid, 1, true), (pod.Metadata.Uid, PodFacts.Restarts(pod), PodFacts.IsReady(pod)));
        Assert.NotEqual(first.Started.Address, pod.Status!.PodIP);
        Assert.Same(first.Started.Disk, _world.Last("db-1").Started.Disk);
    }

    [Fact]
    public void A_pod_forced_away_runs_on_where_nobody_is_told_and_ends_when_they_are()
    {
        _world.Make("db-1");
        _world.Run(10);
        var (machine, first) = (_world.MachineOf("db-1"), _world.Last("db-1"));
        Cut(machine, true);
        _world.Api.Delete<V1Pod>(SiteWorld.Namespace, "db-1", new DeleteOptions(GracePeriodSeconds: 0));
        Assert.Null(_world.Pod("db-1"));
        _world.Make("db-1");
        _world.Run(60);
        Assert.False(first.IsEnded);
        Assert.Same(first, _world.Last("db-1"));
        Cut(machine, false);
        _world.Run(30);
        Assert.True(first.IsEnded);
        Assert.NotSame(first, _world.Last("db-1"));
        Assert.True(PodFacts.IsReady(_world.Pod("db-1")!));
    }

    [Fact]
    public void A_silent_node_has_its_pods_told_to_go_and_they_stay_until_it_confirms()
    {
        foreach (var instance in new[] { "db-1", "db-2", "db-3" }) _world.Make(instance);
        _world.Run(10);
        var (machine, program) = (_world.MachineOf("db-1"), _world.Last("db-1"));
        Cut(machine, true);
        _world.Run(360);
        Assert.True(PodFacts.IsTerminating(_world.Pod("db-1")!));
        Assert.False(PodFacts.IsTerminating(_world.Pod("db-2")!));
        Assert.False(program.WasAsked);
        Cut(machine, false);
        _world.Run(20);
        Assert.Null(_world.Pod("db-1"));
    }

    [Fact]
    public void A_claim_made_anew_has_an_empty_disk_and_one_in_use_is_kept()
    {
        _world.Make("db-1");
        _world.Run(10);
        var first = _world.Last("db-1").Started.Disk!;
        first.Data = "data";
        _world.Api.Delete<V1PersistentVolumeClaim>(SiteWorld.Namespace, "db-1");
        _world.Run(10);
        Assert.NotNull(_world.Api.Find<V1PersistentVolumeClaim>(SiteWorld.Namespace, "db-1"));
        _world.Api.Delete<V1Pod>(SiteWorld.Namespace, "db-1");
        _world.Run(5);
        Assert.Null(_world.Api.Find<V1PersistentVolumeClaim>(SiteWorld.Namespace, "db-1"));
        Assert.Null(_world.Site.Volumes.Of(first.ClaimUid));
        _world.Make("db-1");
        _world.Run(10);
        var second = _world.Last("db-1").Started.Disk!;
        Assert.NotSame(first, second);
        Assert.Null(second.Data);
    }

    [Fact]
    public void A_volume_of_the_network_follows_its_pod_to_another_machine()
    {
        var world = new SiteWorld(VolumeKind.Network);
        world.Make("db-1");
        world.Run(10);
        var (machine, disk) = (world.MachineOf("db-1"), world.Last("db-1").Started.Disk);
        machine.LosePower();
        world.Api.Delete<V1Pod>(SiteWorld.Namespace, "db-1", new DeleteOptions(GracePeriodSeconds: 0));
        world.Make("db-1");
        world.Run(20);
        Assert.NotEqual(machine, world.MachineOf("db-1"));
        Assert.Same(disk, world.Last("db-1").Started.Disk);
    }

    [Fact]
    public void A_service_leads_to_whom_it_selects_after_a_lag_and_where_the_api_can_be_heard()
    {
        foreach (var instance in new[] { "db-1", "db-2" }) _world.Make(instance);
        _world.Api.Put(ServiceBuilder.ReadWrite(_world.Cluster));
        _world.Api.Put(ServiceBuilder.Read(_world.Cluster));
        _world.Run(10);
        Assert.Null(Route("east-n1"));
        Assert.Equal(2, _world.Site.Routing.EndpointsOf(SiteWorld.Namespace, "db-r", "east-n1").Count);
        Select("db-1");
        _world.Run(0.03);
        Assert.Null(Route("east-n1"));
        _world.Run(0.3);
        Assert.Equal(new Endpoint("db-1", _world.Pod("db-1")!.Status!.PodIP!), Route("east-n1"));
        _world.Wires.Cut("east-api", "east-n2");
        Assert.Equal("db-1", Route("east-n2")!.Instance);
        Select("db-2");
        _world.Run(60);
        Assert.Equal(("db-2", "db-1"), (Route("east-n1")!.Instance, Route("east-n2")!.Instance));
        _world.Wires.Mend("east-api", "east-n2");
        _world.Run(6);
        Assert.Equal("db-2", Route("east-n2")!.Instance);
        _world.Last("db-2").IsReady = false;
        _world.Run(5);
        Assert.Single(_world.Site.Routing.EndpointsOf(SiteWorld.Namespace, "db-r", "east-n1"));
        Assert.Equal("db-2", Route("east-n1")!.Instance);

        Endpoint? Route(string place) => _world.Site.Routing.Route(SiteWorld.Namespace, "db-rw", place);
        void Select(string instance) => _world.Api.Edit<V1Service>(SiteWorld.Namespace, "db-rw", s => s.Spec!.Selector = new() { [Names.InstanceLabel] = instance });
    }

    [Fact]
    public void After_a_restored_backup_machines_run_what_the_api_shows()
    {
        _world.Make("db-1");
        _world.Run(10);
        var backup = _world.Api.TakeBackup();
        var kept = _world.Last("db-1");
        _world.Make("db-2");
        _world.Run(10);
        var forgotten = _world.Last("db-2");
        _world.Api.RestoreBackup(backup);
        _world.Run(20);
        Assert.False(kept.IsEnded);
        Assert.True(forgotten.IsEnded);
        Assert.Single(_world.Site.Pods);
    }

    [Fact]
    public void A_seed_repeats_itself()
    {
        Assert.Equal(Life(3), Life(3));
        Assert.NotEqual(Life(3), Life(4));

        static ulong Life(ulong seed)
        {
            var world = new SiteWorld(seed: seed);
            foreach (var instance in new[] { "db-1", "db-2", "db-3" }) world.Make(instance);
            world.Run(10);
            world.Last("db-1").End(1);
            world.MachineOf("db-2").LosePower();
            world.Run(60);
            world.MachineOf("db-2").Boot();
            world.Run(30);
            return world.Events.Digest;
        }
    }

    private void Cut(Machine machine, bool isCut)
    {
        foreach (var (from, to) in new[] { (machine.Name, "east-api"), ("east-api", machine.Name) })
        {
            if (isCut) _world.Wires.Cut(from, to);
            else _world.Wires.Mend(from, to);
        }
    }
}
