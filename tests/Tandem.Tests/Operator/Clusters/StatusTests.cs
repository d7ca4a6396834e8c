using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Clusters.Reporting;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Clusters;

public sealed class StatusTests
{
    [Fact]
    [Requirement("E17")]
    public void A_cluster_whose_instances_all_stream_is_ready_and_tells_its_story()
    {
        var status = Status(Settled());

        Assert.Equal("True", Condition(status, ConditionTypes.Ready).Status);
        Assert.Equal("True", Condition(status, ConditionTypes.Writable).Status);
        Assert.Equal("True", Condition(status, ConditionTypes.Synchronized).Status);
        Assert.Equal("False", Condition(status, ConditionTypes.Degraded).Status);
        Assert.Equal("UpToDate", Condition(status, ConditionTypes.Progressing).Reason);
        Assert.Equal("3/3", status.InstancesText);
        Assert.Equal("Quorum 1 of 2", status.Synchronization);
        Assert.Equal(1, status.Epoch!.Value.Value);
        Assert.Equal("17.4", status.Version);
        Assert.Equal(ClusterRunMode.Primary, status.RunMode);
        Assert.Equal("Founded", Assert.Single(status.History).Reason);
    }

    /// <summary>It is what keeps agents from making another database in its place.</summary>
    [Fact]
    [Requirement("E14")]
    public void Which_database_was_made_is_still_said_when_the_record_is_lost()
    {
        var world = Settled();
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { SystemIdentifier = new SystemIdentifier(42) }) };
        for (var look = 0; look < 3; look++)
        {
            var status = Status(world);
            Assert.Equal(new SystemIdentifier(42), status.SystemIdentifier);
            if (look > 0) Assert.Equal("RecordMissing", Condition(status, ConditionTypes.Ready).Reason);
            world.Now = world.Now with { Cluster = world.Now.Cluster with { Status = status }, Record = RecordReading.IsAbsent };
        }
    }

    [Theory]
    [Requirement("E17")]
    [InlineData("NoRecord", "Founding")]
    [InlineData("Regressed", "RecordRegressed")]
    [InlineData("Electing", "Electing")]
    [InlineData("HandingOver", "HandingOver")]
    [InlineData("NoPod", "InstanceMissing")]
    [InlineData("Ending", "InstanceEnding")]
    [InlineData("Crashed", "InstanceNotRunning")]
    [InlineData("SilentHolder", "HolderUnreachable")]
    [InlineData("StrangerHolds", "HolderUnreachable")]
    [InlineData("SilentStandby", "InstanceUnreachable")]
    [InlineData("TwoPrimaries", "SeveralPrimaries")]
    [InlineData("NotAdmitted", "PrimaryNotAdmitted")]
    [InlineData("NotStreaming", "StandbyNotStreaming")]
    [InlineData("PodNotReady", "InstanceNotReady")]
    [InlineData("Outdated", "RollingOut")]
    [InlineData("RefusedParameter", "ParameterRefused")]
    public void Each_unmet_clause_of_ready_has_its_own_reason(string broken, string reason)
    {
        var world = Settled();
        var holder = world.Now.Holder!;
        var standby = world.Now.Pods.Keys.First(k => k != holder);
        Break(world, broken, holder, standby);

        var ready = Condition(Status(world), ConditionTypes.Ready);

        Assert.Equal("False", ready.Status);
        Assert.Equal(reason, ready.Reason);
        Assert.NotEqual("", ready.Message);
    }

    [Fact]
    public void What_nobody_tells_is_absent_and_never_zero()
    {
        var world = Settled();
        foreach (var name in world.Now.Pods.Keys.ToList()) world.SetReport(name, world.Report(name), age: TimeSpan.FromSeconds(10));

        var status = Status(world);

        Assert.All(status.Instances, i =>
        {
            Assert.Equal(InstanceState.Unreachable, i.State);
            Assert.Null(i.FlushLsn);
            Assert.Null(i.LagBytes);
            Assert.Null(i.DataStatus);
            Assert.Null(i.Promotable);
        });
        Assert.Equal("Unknown", Condition(status, ConditionTypes.Writable).Status);
        Assert.Equal("Unknown", Condition(status, ConditionTypes.Synchronized).Status);
        Assert.Equal("Unknown", Condition(status, ConditionTypes.StorageWritable).Status);
    }

    [Fact]
    public void Writable_needs_the_selector_too()
    {
        var world = Settled();
        var service = world.Now.Services["orders-rw"];
        world.Now = world.Now with { Services = world.Now.Services.SetItem("orders-rw", service with { Spec = service.Spec! with { Selector = new() { [Names.InstanceLabel] = Names.NoInstance } } }) };

        Assert.Equal("SelectorNotMoved", Condition(Status(world), ConditionTypes.Writable).Reason);
    }

    [Fact]
    [Requirement("E12", "A1")]
    public void Instances_are_told_with_role_run_mode_data_status_and_lag()
    {
        var world = Settled();
        var standby = world.Now.Pods.Keys.First(k => k != world.Now.Holder);

        var rows = Status(world).Instances.ToDictionary(i => i.Name);

        Assert.Equal((InstanceRole.Primary, InstanceRunMode.Primary, DataStatus.Latest), (rows[world.Now.Holder!].Role!.Value, rows[world.Now.Holder!].RunMode!.Value, rows[world.Now.Holder!].DataStatus!.Value));
        Assert.Equal((InstanceRole.Standby, InstanceRunMode.Standby, DataStatus.StreamingSync), (rows[standby].Role!.Value, rows[standby].RunMode!.Value, rows[standby].DataStatus!.Value));
        Assert.Equal(0x100, rows[standby].LagBytes);
        Assert.Null(rows[world.Now.Holder!].LagBytes);
        Assert.True(rows[standby].Promotable);
    }

    [Theory]
    [Requirement("E12")]
    [InlineData("streaming", "quorum", DataStatus.StreamingSync)]
    [InlineData("streaming", "sync", DataStatus.StreamingSync)]
    [InlineData("streaming", "potential", DataStatus.StreamingPotential)]
    [InlineData("streaming", "async", DataStatus.StreamingAsync)]
    [InlineData("catchup", "async", DataStatus.Catchup)]
    [InlineData("backup", "async", DataStatus.Init)]
    public void Data_status_is_what_the_upstream_sees(string state, string sync, DataStatus expected)
    {
        var world = Settled();
        var (holder, standby) = (world.Now.Holder!, world.Now.Pods.Keys.First(k => k != world.Now.Holder));
        world.SetReport(holder, world.Report(holder) with { Senders = [.. world.Report(holder).Senders.Select(s => s with { State = state, SyncState = sync })] });

        Assert.Equal(expected, Status(world).Instances.Single(i => i.Name == standby).DataStatus);
    }

    [Fact]
    public void A_set_whose_members_fall_behind_is_not_synchronized()
    {
        var world = Settled();
        var holder = world.Now.Holder!;
        world.SetReport(holder, world.Report(holder) with { Flushed = "0/50000000" });

        Assert.Equal("TooFewStandbys", Condition(Status(world), ConditionTypes.Synchronized).Reason);
    }

    [Fact]
    public void Where_nobody_is_admitted_nothing_is_acknowledged_whoever_streams()
    {
        var world = Settled();
        Break(world, "NotAdmitted", world.Now.Holder!, "");

        var synchronized = Condition(Status(world), ConditionTypes.Synchronized);

        Assert.Equal(("Unknown", "NotAdmitted"), (synchronized.Status, synchronized.Reason));
    }

    [Fact]
    public void By_a_record_that_was_taken_back_nothing_is_said_of_whom_commits_wait_for()
    {
        var world = Settled();
        var (holder, record) = (world.Now.Holder!, world.Now.PrimaryRecord!);
        world.SetReport(holder, world.Report(holder) with { RecordEpoch = record.Epoch.Value, Revision = record.Revision });
        Assert.Equal("True", Condition(Status(world), ConditionTypes.Synchronized).Status);
        world.SetReport(holder, world.Report(holder) with { Revision = record.Revision + 1 });

        var synchronized = Condition(Status(world), ConditionTypes.Synchronized);

        Assert.Equal(("Unknown", "RecordBehind"), (synchronized.Status, synchronized.Reason));
    }

    [Fact]
    public void A_primary_that_turns_clients_away_for_a_handover_is_neither_writable_nor_ready()
    {
        var world = Settled();
        var holder = world.Now.Holder!;
        world.SetReport(holder, world.Report(holder) with { TurnsClientsAway = true });

        var status = Status(world);

        foreach (var type in (string[])[ConditionTypes.Ready, ConditionTypes.Writable]) Assert.Equal(("False", "HandoverTurnsClientsAway"), (Condition(status, type).Status, Condition(status, type).Reason));
    }

    [Fact]
    public void The_empty_clause_beside_another_promises_nothing_yet()
    {
        var world = Settled();
        var record = world.Now.PrimaryRecord!;
        world.Now = world.Now with { Record = new RecordReading.Present(record with { Quorums = [QuorumClause.Empty(record.Epoch, record.Holder!.Value), .. record.Quorums] }) };

        var status = Status(world);

        Assert.Equal(("False", "BecomingSynchronous"), (Condition(status, ConditionTypes.Synchronized).Status, Condition(status, ConditionTypes.Synchronized).Reason));
        Assert.Equal("Asynchronous", status.Synchronization);
    }

    [Fact]
    public void Of_two_clauses_each_must_have_its_members_near()
    {
        var world = Settled();
        var record = world.Now.PrimaryRecord!;
        var gone = new Incarnation("orders-9", new string('f', 32), "claim-9");
        world.Now = world.Now with { Record = new RecordReading.Present(record with { Quorums = [new QuorumClause(record.Epoch, record.Holder!.Value, [gone], 1), .. record.Quorums] }) };

        Assert.Equal("TooFewStandbys", Condition(Status(world), ConditionTypes.Synchronized).Reason);
    }

    /// <summary>One that has just been elected streams from the one before, for a moment.</summary>
    [Fact]
    public void A_main_standby_that_streams_within_its_own_site_does_not_follow_the_other()
    {
        var world = Settled();
        var holder = world.Now.Holder!;
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { RunMode = RunMode.Standby }) };
        world.SetReport(holder, world.Report(holder) with { Admitted = false, RunMode = "Standby", Streaming = true, Upstream = "orders-2" });
        Assert.Equal("MainStandbyNotStreaming", Condition(Status(world), ConditionTypes.Ready).Reason);

        world.SetReport(holder, world.Report(holder) with { Upstream = "site/west" });
        Assert.Equal("True", Condition(Status(world), ConditionTypes.Ready).Status);
    }

    [Fact]
    public void A_refused_spec_is_told_with_its_field_and_the_observed_generation_stays()
    {
        var world = Settled();
        Report(world);
        world.Change(spec => spec.Storage = spec.Storage with { Size = new Quantity("1Gi") });

        var status = Status(world);

        Assert.Equal(1, status.ObservedGeneration);
        var progressing = Condition(status, ConditionTypes.Progressing);
        Assert.Equal(("False", "StorageShrunk", 2L), (progressing.Status, progressing.Reason, progressing.ObservedGeneration!.Value));
        Assert.Contains("spec.storage.size", progressing.Message, StringComparison.Ordinal);
        Assert.Equal(("True", 1L), (Condition(status, ConditionTypes.Ready).Status, Condition(status, ConditionTypes.Ready).ObservedGeneration!.Value));
    }

    [Fact]
    public void A_spec_that_was_never_obeyed_is_not_ready_because_of_what_is_wrong()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Change(spec => spec.Image = "");

        var status = Status(world);

        Assert.Null(status.ObservedGeneration);
        Assert.Equal("False", Condition(status, ConditionTypes.Ready).Status);
        Assert.Contains("spec.image", Condition(status, ConditionTypes.Ready).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Requirement("E8")]
    public void A_new_reign_is_a_row_with_the_seconds_without_writes()
    {
        var (world, reigns) = (Settled(), new ReignMemory());
        var first = world.Now.Holder!;
        var second = world.Now.Pods.Keys.First(k => k != first);
        Report(world, reigns);
        var lost = world.Now.Now;

        world.Now = world.Now with { Now = lost + TimeSpan.FromSeconds(1), Record = new RecordReading.Present(world.Now.PrimaryRecord! with { State = RecordState.IsElecting, Holder = null, Epoch = new Epoch(2) }) };
        Report(world, reigns);
        Assert.Single(world.Now.Cluster.Status!.History);

        world.Now = world.Now with { Now = lost + TimeSpan.FromSeconds(2), Record = new RecordReading.Present(world.Now.PrimaryRecord! with { Epoch = new Epoch(1) }) };
        world.Reign(second);
        world.Settle();
        world.SetReport(second, world.Report(second) with { AdmittedAt = lost + TimeSpan.FromSeconds(2.6) });
        Report(world, reigns);

        var row = world.Now.Cluster.Status!.History[0];
        Assert.Equal((2L, first, second, "Failover", 2.6), (row.Epoch.Value, row.From, row.To, row.Reason, row.SecondsUnavailable));
        Assert.Equal(2, world.Now.Cluster.Status.History.Count);
    }

    [Fact]
    public void A_planned_switchover_is_told_as_one_though_nobody_saw_it_being_done()
    {
        var (world, reigns) = (Settled(), new ReignMemory());
        var first = world.Now.Holder!;
        var second = world.Now.Pods.Keys.First(k => k != first);
        Report(world, reigns);

        world.Reign(second);
        world.Now = world.Now with { Record = new RecordReading.Present(world.Now.PrimaryRecord! with { GivenBy = ClusterWorld.IncarnationOf(first) }) };
        world.Settle();
        Report(world, new ReignMemory());

        var row = world.Now.Cluster.Status!.History[0];
        Assert.Equal(("Switchover", $"{first} handed over to {second}"), (row.Reason, row.Message));
    }

    [Fact]
    public void Positions_alone_tell_no_other_story()
    {
        var world = Settled();
        var before = Status(world);
        var holder = world.Now.Holder!;
        world.SetReport(holder, world.Report(holder) with { Written = "0/5000200", Flushed = "0/5000200" });

        Assert.False(StatusComparison.AreEqual(before, Status(world)));
        Assert.True(StatusComparison.TellTheSame(before, Status(world)));
        world.SetReport(holder, world.Report(holder) with { State = "starting", Admitted = false });
        Assert.False(StatusComparison.TellTheSame(before, Status(world)));
    }

    [Fact]
    public void A_held_agent_degrades_the_cluster_with_its_own_words()
    {
        var world = Settled();
        var standby = world.Now.Pods.Keys.First(k => k != world.Now.Holder);
        world.SetReport(standby, world.Report(standby) with { State = "held", Streaming = false, Reason = "EngineNotFound", Message = "the image postgres:17 has no server's programs" });

        var degraded = Condition(Status(world), ConditionTypes.Degraded);

        Assert.Equal(("True", "EngineNotFound"), (degraded.Status, degraded.Reason));
        Assert.Contains(standby, degraded.Message, StringComparison.Ordinal);
    }

    private static void Break(ClusterWorld world, string what, string holder, string standby)
    {
        var record = world.Now.PrimaryRecord!;
        switch (what)
        {
            case "NoRecord": world.Now = world.Now with { Record = RecordReading.IsAbsent }; break;
            case "Regressed": world.SetReport(standby, world.Report(standby) with { State = "held", Reason = "RecordRegressed", Message = "the record says epoch 1" }); break;
            case "Electing": world.Now = world.Now with { Record = new RecordReading.Present(record with { State = RecordState.IsElecting, Holder = null }) }; break;
            case "HandingOver": world.Now = world.Now with { Record = new RecordReading.Present(record with { State = new RecordState.HandingOver(ClusterWorld.IncarnationOf(standby), world.Now.Now) }) }; break;
            case "NoPod": world.RemovePod(standby); break;
            case "Ending": world.SetPod(standby, p => p with { Metadata = p.Metadata with { DeletionTimestamp = world.Now.Now } }); break;
            case "Crashed": world.SetPod(standby, p => p with { Status = p.Status! with { ContainerStatuses = [new() { Name = "postgres", State = new() { Waiting = new() { Reason = "CrashLoopBackOff" } } }] } }); break;
            case "SilentHolder": world.SetReport(holder, null); break;
            case "StrangerHolds": world.SetReport(holder, world.Report(holder) with { Incarnation = new Incarnation(holder, new string('f', 32), "another-claim").ToString() }); break;
            case "SilentStandby": world.SetReport(standby, null); break;
            case "TwoPrimaries": world.SetReport(standby, world.Report(standby) with { Admitted = true, RunMode = "Primary" }); break;
            case "NotAdmitted": world.SetReport(holder, world.Report(holder) with { Admitted = false, State = "starting" }); break;
            case "NotStreaming": world.SetReport(standby, world.Report(standby) with { Streaming = false, State = "rewinding" }); break;
            case "PodNotReady": world.SetPod(standby, p => p with { Status = p.Status! with { Conditions = [] } }); break;
            case "RefusedParameter": world.SetReport(standby, world.Report(standby) with { RefusedParameters = [new("work_mem", "plenty", "invalid value", "5MB")] }); break;
            case "Outdated": world.Change(spec => spec.Image = "postgres:18"); break;
            default: throw new InvalidOperationException(what);
        }
    }

    private static ClusterWorld Settled()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        return world;
    }

    private static DatabaseClusterStatus Status(ClusterWorld world, ReignMemory? reigns = null) => StatusBuilder.Build(world.Now, ClusterDecider.Decide(world.Now), (reigns ?? new ReignMemory()).See(world.Now));

    private static void Report(ClusterWorld world, ReignMemory? reigns = null) => world.Now = world.Now with { Cluster = world.Now.Cluster with { Status = Status(world, reigns) } };

    private static Tandem.Kubernetes.Models.V1Condition Condition(DatabaseClusterStatus status, string type) => Conditions.Find(status.Conditions, type)!;
}
