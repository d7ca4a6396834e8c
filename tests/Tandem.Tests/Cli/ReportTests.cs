using Tandem.Cli.Output;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

/// <summary>What `status` prints, letter by letter, on no terminal.</summary>
[Requirement("A12", "E12", "E18")]
public sealed class ReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Cluster_in_a_headline_and_a_table()
    {
        var cluster = new DatabaseCluster { Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop" } };
        cluster.Status = new DatabaseClusterStatus
        {
            RunMode = ClusterRunMode.Primary,
            Primary = "orders-2",
            Version = "17.4",
            Epoch = new Epoch(7),
            Synchronization = "Quorum 1 of 2",
            History = [new() { Epoch = new Epoch(7), From = "orders-1", To = "orders-2", Reason = "Failover", Message = "node lost", At = Now.AddHours(-2), SecondsUnavailable = 2.6 }],
            Instances =
            [
                new() { Name = "orders-1", Role = InstanceRole.Standby, State = InstanceState.Rewinding, Progress = 41, Promotable = false, Reason = "Rejoining", Restarts = 1, Node = "east-n1" },
                new()
                {
                    Name = "orders-2", Role = InstanceRole.Primary, State = InstanceState.Running, Timeline = new TimelineId(3), SentLsn = Lsn.Parse("0/5A01E38"), WriteLsn = Lsn.Parse("0/5A01E38"),
                    FlushLsn = Lsn.Parse("0/5A01E38"), Promotable = true, Restarts = 0, Node = "east-n2",
                },
                new()
                {
                    Name = "orders-3", Role = InstanceRole.Standby, State = InstanceState.Streaming, Timeline = new TimelineId(3), SentLsn = Lsn.Parse("0/5A01E38"), WriteLsn = Lsn.Parse("0/5A01E38"),
                    FlushLsn = Lsn.Parse("0/5A01E38"), ReplayLsn = Lsn.Parse("0/5A01E00"), LagBytes = 56, SyncState = "quorum", Promotable = true, Restarts = 0, Node = "east-n3",
                },
            ],
            Conditions =
            [
                new() { Type = "Ready", Status = "False", Reason = "Rejoining", Message = "orders-1 is rewound" },
                new() { Type = "Writable", Status = "True", Reason = "Writable" },
                new() { Type = "Degraded", Status = "True", Reason = "StandbyMissing", Message = "1 of 2 standbys streams" },
                new() { Type = "Progressing", Status = "False", Reason = "Stable" },
            ],
        };
        Assert.Equal(
            """
            Cluster shop/orders   Primary   PostgreSQL 17.4   Quorum 1 of 2 (Required)   epoch 7 since 2 h (Failover: node lost, 2.6 s without writes)
            Not ready: Rejoining: orders-1 is rewound
            Degraded: StandbyMissing: 1 of 2 standbys streams
            INSTANCE   ROLE      STATE              TL   SENT        WRITE       FLUSH       REPLAY      LAG    SYNC     PROMOTABLE      RESTARTS   NODE
            orders-2   primary   running            3    0/5A01E38   0/5A01E38   0/5A01E38   -           -      -        -               0          east-n2
            orders-1   standby   rewinding (41 %)   -    -           -           -           -           -      -        no: rejoining   1          east-n1
            orders-3   standby   streaming          3    0/5A01E38   0/5A01E38   0/5A01E38   0/5A01E00   56 B   quorum   yes             0          east-n3
            """, Printed(screen => ClusterReport.Write(screen, cluster, Now)));
    }

    [Fact]
    public void Cluster_without_a_status_says_so()
    {
        var cluster = new DatabaseCluster { Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop" } };
        Assert.Equal("Cluster shop/orders\nNo status yet: does the operator of this site run?", Printed(screen => ClusterReport.Write(screen, cluster, Now)));
    }

    [Fact]
    public void Pair_in_a_line_with_what_it_does()
    {
        var pair = new DisasterRecoveryPair { Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop" } };
        pair.Status = new DisasterRecoveryPairStatus
        {
            Site = "east", PrimarySite = "east", StandbySite = "west", Phase = PairPhase.SwitchingOver, Epoch = 3,
            RecoveryPoint = new() { Bytes = 12288, Seconds = 0.2 },
            RecoveryTime = new() { Seconds = 1 },
            Peer = new() { Site = "west", Reachable = true, LastSeen = Now.AddMilliseconds(-300) },
            Operation = new() { Type = PairOperationType.Switchover, Id = "3f2a", Step = "Reach", Outcome = OperationOutcome.Running, StartedAt = Now.AddSeconds(-2), Deadline = Now.AddSeconds(28), Message = "waits for west" },
        };
        Assert.Equal(
            """
            Pair shop/orders   east → west   SwitchingOver   pair epoch 3   RPO 0.2 s (12 KiB)   RTO 1 s   last contact 0.3 s ago
            Switchover 3f2a: Reach, under way for 2 s, deadline in 28 s: waits for west
            """, Printed(screen => PairReport.Write(screen, pair, Now)));
    }

    [Fact]
    public void What_is_not_known_is_absent()
    {
        var pair = new DisasterRecoveryPair { Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop" }, Status = new DisasterRecoveryPairStatus { PrimarySite = "east", StandbySite = "west", Phase = PairPhase.Interrupted } };
        Assert.Equal("Pair shop/orders   east → west   Interrupted", Printed(screen => PairReport.Write(screen, pair, Now)));
    }

    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(12288L, "12 KiB")]
    [InlineData(1610612736L, "1.5 GiB")]
    [InlineData(null, "-")]
    public void Bytes_for_people(long? bytes, string text) => Assert.Equal(text, Words.Bytes(bytes));

    [Theory]
    [InlineData(0.04, "0 s")]
    [InlineData(2.64, "2.6 s")]
    [InlineData(59.0, "59 s")]
    [InlineData(300.0, "5 min")]
    [InlineData(7200.0, "2 h")]
    [InlineData(1036800.0, "12 d")]
    public void Times_for_people(double seconds, string text) => Assert.Equal(text, Words.Seconds(seconds));

    private static string Printed(Action<Screen> write)
    {
        var text = new StringWriter();
        write(Screen.Plain(text, TextWriter.Null));
        return string.Join('\n', text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd()));
    }
}
