using System.Text.Json.Nodes;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Resources.Validation;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

public sealed class ResourceJsonTests
{
    static ResourceJsonTests() => KubernetesJson.Register(TandemJsonContext.Default);

    [Fact]
    public void Absent_fields_have_the_defaults()
    {
        var cluster = KubernetesJson.Deserialize<DatabaseCluster>("""{"metadata":{"name":"orders"},"spec":{"image":"postgres:17","storage":{"size":"20Gi"},"failover":{"restartThreshold":5}}}""");
        Assert.Equal(3, cluster.Spec.Instances);
        Assert.Equal(TimeSpan.FromSeconds(2), cluster.Spec.Failover.DetectionTimeout.Value);
        Assert.Equal(5, cluster.Spec.Failover.RestartThreshold);
        Assert.Equal(SynchronizationMode.Quorum, cluster.Spec.Synchronization.ModeFor(cluster.Spec.Instances));
        Assert.True(cluster.Spec.AutoRejoin);
    }

    [Theory]
    [InlineData(1, SynchronizationMode.Asynchronous)]
    [InlineData(2, SynchronizationMode.Synchronous)]
    [InlineData(3, SynchronizationMode.Quorum)]
    [InlineData(9, SynchronizationMode.Quorum)]
    public void Mode_not_asked_for_fits_the_instances(int instances, SynchronizationMode mode)
    {
        Assert.Equal(mode, new SynchronizationSpec().ModeFor(instances));
        Assert.Equal(SynchronizationMode.Asynchronous, new SynchronizationSpec { Mode = SynchronizationMode.Asynchronous }.ModeFor(instances));
    }

    /// <summary>One object of a newer version must not make the list of all objects unreadable.</summary>
    [Fact]
    public void Unknown_word_is_read_and_named()
    {
        var cluster = KubernetesJson.Deserialize<DatabaseCluster>("""{"metadata":{"name":"orders"},"spec":{"engine":"Oracle","image":"postgres:17","storage":{"size":"much"},"synchronization":{"degradeAfter":"soon"}}}""");
        var errors = DatabaseClusterValidator.Validate(cluster);
        Assert.Equal(["spec.engine", "spec.storage.size", "spec.synchronization.degradeAfter"], errors.Select(e => e.Field));
    }

    [Fact, Requirement("A1", "E12", "E18")]
    public void Status_keeps_run_mode_role_and_data_status_apart_and_leaves_out_what_is_not_known()
    {
        var status = new DatabaseClusterStatus
        {
            RunMode = ClusterRunMode.Standby,
            Epoch = new Epoch(7),
            PairEpoch = new PairEpoch(3, "east"),
            SystemIdentifier = new SystemIdentifier(18_000_000_000_000_000_000),
            Instances =
            [
                new InstanceStatus { Name = "orders-2", Role = InstanceRole.MainStandby, RunMode = InstanceRunMode.Standby, DataStatus = DataStatus.StreamingAsync, FlushLsn = Lsn.Parse("0/5A01E38"), Promotable = true, Restarts = 0, PodIP = "10.1.2.3" },
            ],
        };
        var json = JsonNode.Parse(KubernetesJson.Serialize(new DatabaseCluster { Status = status }))!["status"]!;
        Assert.Equal("Standby", json["runMode"]!.GetValue<string>());
        Assert.Equal(7, json["epoch"]!.GetValue<long>());
        Assert.Equal("3@east", json["pairEpoch"]!.GetValue<string>());
        Assert.Equal("18000000000000000000", json["systemIdentifier"]!.GetValue<string>());
        var instance = json["instances"]![0]!.AsObject();
        Assert.Equal(("MainStandby", "Standby", "STREAMING|ASYNC", "0/5A01E38"), (instance["role"]!.GetValue<string>(), instance["runMode"]!.GetValue<string>(), instance["dataStatus"]!.GetValue<string>(), instance["flushLsn"]!.GetValue<string>()));
        Assert.Equal("10.1.2.3", instance["podIP"]!.GetValue<string>());
        Assert.False(instance.ContainsKey("replayLsn"));
        Assert.False(instance.ContainsKey("lagBytes"));
        Assert.Equal(json.ToJsonString(), JsonNode.Parse(KubernetesJson.Serialize(new DatabaseCluster { Status = KubernetesJson.Deserialize<DatabaseCluster>($$"""{"status":{{json.ToJsonString()}}}""").Status }))!["status"]!.ToJsonString());
    }

    [Fact]
    public void Samples_are_valid()
    {
        Assert.NotEmpty(Samples.All());
        foreach (var (file, manifest) in Samples.All())
        {
            var errors = manifest["kind"]!.GetValue<string>() == "DatabaseCluster"
                ? DatabaseClusterValidator.Validate(KubernetesJson.Deserialize<DatabaseCluster>(manifest.ToJsonString()))
                : DisasterRecoveryPairValidator.Validate(KubernetesJson.Deserialize<DisasterRecoveryPair>(manifest.ToJsonString()), new DisasterRecoveryPairObserved { Site = "east" });
            Assert.True(errors.Count == 0, $"{file}: {string.Join("; ", errors)}");
        }
    }
}
