using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Protocol;
using Tandem.Tests.Protocol.Handover;

namespace Tandem.Tests.Operator.Clusters;

/// <summary>What is written often, and calls for no look; and what looks alike, and does.</summary>
public sealed class NoNewsTests
{
    [Fact]
    public void Only_a_watched_write_of_the_status_alone_is_one_of_the_status_alone()
    {
        var before = SampleCluster.Make();
        DatabaseCluster Written(Action<V1ObjectMeta> write)
        {
            var now = KubernetesJson.Clone(before);
            now.Metadata.ResourceVersion = "2";
            write(now.Metadata);
            return now with { Status = new DatabaseClusterStatus { Epoch = new Epoch(2) } };
        }

        bool IsOfStatusAlone(Action<V1ObjectMeta> write, bool isFromList = false) => new ResourceChange<DatabaseCluster>.Modified(before, Written(write), isFromList).IsOfStatusAlone();

        Assert.True(IsOfStatusAlone(_ => { }));
        Assert.False(IsOfStatusAlone(_ => { }, isFromList: true)); // a restored server may have counted to the same generation again
        Assert.False(IsOfStatusAlone(m => m.Generation = 2));
        Assert.False(IsOfStatusAlone(m => m.Annotations = new() { [Names.SwitchoverAnnotation] = "{}" }));
        Assert.False(IsOfStatusAlone(m => m.Labels = new() { ["team"] = "shop" }));
        Assert.False(IsOfStatusAlone(m => m.DeletionTimestamp = SampleCluster.Now));
        Assert.False(IsOfStatusAlone(m => m.Finalizers = ["tandem.dev/pair"]));
        Assert.False(new ResourceChange<DatabaseCluster>.Added(before).IsOfStatusAlone());
        Assert.False(new ResourceChange<DatabaseCluster>.Deleted(before, IsTombstone: false).IsOfStatusAlone());
    }

    [Fact]
    public void What_the_server_does_not_count_the_changes_of_is_always_news()
    {
        var before = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "map", Uid = "u", ResourceVersion = "1" } };
        var now = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "map", Uid = "u", ResourceVersion = "2" }, Data = new() { ["k"] = "v" } };
        Assert.False(new ResourceChange<V1ConfigMap>.Modified(before, now).IsOfStatusAlone());
    }

    [Fact]
    public void A_renewal_says_only_that_the_holder_is_there_and_how_far_it_is()
    {
        var record = PairSample.Cluster(RunMode.Primary);
        var before = Lease(record);
        Assert.True(RecordReading.IsRenewal(before, Lease(record with { RenewTime = SampleCluster.Now, Lsn = new Lsn(0x7000000), Nonce = "n" })));

        Assert.False(RecordReading.IsRenewal(before, Lease(record with { Epoch = new Epoch(8) })));
        Assert.False(RecordReading.IsRenewal(before, Lease(record with { RunMode = RunMode.Standby })));
        Assert.False(RecordReading.IsRenewal(before, Lease(record with { Suspect = new Suspicion("s", Example.B) })));
        Assert.False(RecordReading.IsRenewal(before, Lease(record with { Run = new RunIdentity("c", "n") })));
        var adopted = Lease(record);
        adopted.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "K", Name = "n", Uid = "u" }];
        Assert.False(RecordReading.IsRenewal(before, adopted));
        var unreadable = Lease(record);
        unreadable.Metadata.Annotations![Names.RecordAnnotation] = "{";
        Assert.False(RecordReading.IsRenewal(before, unreadable));
        Assert.False(RecordReading.IsRenewal(unreadable, before));
    }

    [Fact]
    public void What_a_site_says_of_itself_is_no_news_to_itself()
    {
        var record = PairSample.Record(PairRole.Primary);
        V1Lease Lease(PairRecord r) => PairRecordLease.New("shop", "orders", "orders", r);
        var before = Lease(record);
        Assert.True(PairRecordLease.IsOfFactsAlone(before, Lease(record with { Self = record.Self! with { Ready = false }, Peer = new PeerFacts { LastSeen = SampleCluster.Now }, Nonce = "n" })));

        Assert.False(PairRecordLease.IsOfFactsAlone(before, Lease(record with { PairEpoch = new PairEpoch(4, "west") })));
        Assert.False(PairRecordLease.IsOfFactsAlone(before, Lease(record with { Operation = PairSample.Operation(PairStep.Quiesce) })));
        Assert.False(PairRecordLease.IsOfFactsAlone(before, Lease(record with { History = [.. record.History, record.History[0]] })));
        var asked = Lease(record);
        asked.Metadata.Annotations!["tandem.dev/question"] = "?";
        Assert.False(PairRecordLease.IsOfFactsAlone(before, asked));
        Assert.False(PairRecordLease.IsOfFactsAlone(before, NoNewsTests.Lease(PairSample.Cluster(RunMode.Primary))));
    }

    [Fact]
    public void A_certificate_is_read_once_and_verified_again_only_under_another_authority()
    {
        var memory = new CertificateMemory();
        var cluster = SampleCluster.Make();
        var key = ClusterKey.Of(cluster);
        var (first, second) = (CertificateAuthority.Found("orders.shop", SampleCluster.Now), CertificateAuthority.Found("orders.shop", SampleCluster.Now));
        var pair = CertificateAuthority.Issue(first, "orders-operator", ["orders"], SampleCluster.Now);
        Dictionary<string, V1Secret> Secrets(KeyPair authority, string authorityPem) => new[] { CertificateSecretBuilder.AuthoritySecret(cluster, authority), CertificateSecretBuilder.OperatorSecret(cluster, pair, authorityPem) }.ToDictionary(s => s.Metadata.Name!);

        var read = memory.Read(key, Secrets(first, first.CertificatePem)).Operator!;
        Assert.True(read.SignedByAuthority);
        var again = memory.Read(key, Secrets(first, first.CertificatePem)).Operator!;
        Assert.True(again.SignedByAuthority);
        Assert.Same(read.Facts, again.Facts);

        // Said of the one authority, it says nothing of the other.
        Assert.False(memory.Read(key, Secrets(second, second.CertificatePem)).Operator!.SignedByAuthority);
        Assert.True(memory.Read(key, Secrets(first, first.CertificatePem)).Operator!.SignedByAuthority);
        Assert.False(memory.Read(key, Secrets(first, second.CertificatePem)).Operator!.SignedByAuthority);
    }

    private static V1Lease Lease(PrimaryRecord record)
    {
        var (json, fields) = RecordCodec.Encode(record);
        return new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop", Uid = "u", Annotations = new() { [Names.RecordAnnotation] = json } },
            Spec = new V1LeaseSpec { HolderIdentity = fields.HolderIdentity, LeaseTransitions = (int)fields.LeaseTransitions, RenewTime = fields.RenewTime, LeaseDurationSeconds = fields.LeaseDurationSeconds },
        };
    }
}
