using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Clusters;

public sealed class ClusterDeciderTests
{
    [Fact]
    public void A_new_cluster_gets_everything_and_then_nothing_more()
    {
        var world = new ClusterWorld(SampleCluster.Make());

        world.Settle();

        Assert.Equal(["orders-1", "orders-2", "orders-3"], world.Now.Pods.Keys);
        Assert.Equal(["orders-1", "orders-2", "orders-3"], world.Now.Claims.Keys);
        Assert.Equal(["orders-r", "orders-ro", "orders-rw"], world.Now.Services.Keys);
        Assert.True(world.Now.RecordIsOwned);
        Assert.Empty(ClusterDecider.Decide(world.Now).Actions);
        Assert.Empty(ClusterDecider.Decide(world.Now).Holds);
        // Each is sent once: what is there already is not sent again.
        Assert.Equal(world.Done.Count, world.Done.Select(a => a.Message).Distinct().Count());
    }

    [Fact]
    public void No_pod_is_made_before_its_claim_its_certificate_and_its_account()
    {
        var world = new ClusterWorld(SampleCluster.Make());

        world.Settle(now => Assert.All(now.Pods.Keys, pod =>
        {
            Assert.Contains(pod, now.Claims.Keys);
            Assert.Contains(pod, now.Certificates.Instances.Keys);
            Assert.Contains(new ObjectName("RoleBinding", "orders-agent"), now.Live.Keys);
        }));
    }

    [Fact]
    public void A_cluster_of_a_pair_has_a_replication_service_and_waits_for_the_other_sites_password()
    {
        var world = new ClusterWorld(SampleCluster.Make(pair: "orders"));
        world.Now = world.Now with { Pair = PairStanding.Unknown };

        world.Settle();

        Assert.Contains("orders-dr", world.Now.Services.Keys);
        Assert.DoesNotContain(world.Done, a => a is ClusterAction.FoundApplicationSecret);
        Assert.Contains(ClusterDecider.Decide(world.Now).Holds, h => h.Reason == "WaitingForCredentials");
        world.Now = world.Now with { Pair = new PairStanding(true, null) };
        Assert.IsType<ClusterAction.FoundApplicationSecret>(Assert.Single(ClusterDecider.Decide(world.Now).Actions));
    }

    [Fact]
    public void The_other_sites_authority_joins_the_bundle_and_stays_when_it_is_out_of_sight()
    {
        var peer = CertificateAuthority.Found("orders.shop", SampleCluster.Now).CertificatePem;
        var world = new ClusterWorld(SampleCluster.Make(pair: "orders"));
        world.Now = world.Now with { Pair = new PairStanding(true, null) };
        world.Settle();

        world.Now = world.Now with { Pair = new PairStanding(true, peer) };
        world.Settle();
        Assert.Contains(peer.Trim(), world.Now.Certificates.Instances["orders-1"].Bundle, StringComparison.Ordinal);
        Assert.Equal(3, world.Done.OfType<ClusterAction.RewriteBundle>().Count());

        world.Now = world.Now with { Pair = PairStanding.Unknown };
        Assert.Empty(ClusterDecider.Decide(world.Now).Actions);
    }

    [Fact]
    public void Certificates_are_renewed_in_time_and_the_authority_is_kept()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var authority = world.Now.Certificates.Authority;
        world.Done.Clear();

        world.Now = world.Now with { Now = world.Now.Now + CertificateAuthority.CertificateLifetime * 0.7 };
        world.Settle();

        Assert.Equal(3, world.Done.OfType<ClusterAction.IssueInstanceCertificate>().Count());
        Assert.Single(world.Done.OfType<ClusterAction.IssueOperatorCertificate>());
        Assert.Equal(authority, world.Now.Certificates.Authority);
        Assert.DoesNotContain(world.Done, a => a is ClusterAction.DeletePod); // agents read the new ones by themselves
    }

    [Fact]
    public void An_authority_that_cannot_be_read_is_never_replaced()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();

        world.Now = world.Now with { Certificates = world.Now.Certificates with { Authority = null, AuthorityFacts = null } };
        var decision = ClusterDecider.Decide(world.Now);

        Assert.Empty(decision.Actions);
        Assert.Contains(decision.Holds, h => h is { Kind: HoldKind.Stuck, Reason: "AuthorityUnreadable" });
    }

    [Fact]
    public void A_pod_that_was_evicted_gives_way_to_a_new_one_on_the_same_claim()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var claim = world.Now.Claims["orders-2"].Metadata.Uid;
        var old = world.Now.Pods["orders-2"].Metadata.Uid;

        world.SetPod("orders-2", p => p with { Status = new V1PodStatus { Phase = "Failed", Reason = "Evicted", Message = "the node was low on memory" } });
        world.Settle();

        Assert.NotEqual(old, world.Now.Pods["orders-2"].Metadata.Uid);
        Assert.Equal(claim, world.Now.Claims["orders-2"].Metadata.Uid);
    }

    [Fact]
    public void A_pod_whose_node_does_not_answer_is_left_and_named()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();

        world.SetPod("orders-2", p => p with { Metadata = p.Metadata with { DeletionTimestamp = world.Now.Now - TimeSpan.FromMinutes(2) }, Spec = p.Spec! with { NodeName = "east-n2" } });
        var decision = ClusterDecider.Decide(world.Now);

        Assert.Empty(decision.Actions);
        Assert.Contains(decision.Holds, h => h is { Kind: HoldKind.Stuck, Reason: "NodeLost" } && h.Message.Contains("east-n2", StringComparison.Ordinal));
    }

    [Fact]
    public void A_claim_that_is_being_deleted_gets_no_new_pod()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();

        world.RemovePod("orders-2");
        world.Now = world.Now with { Claims = world.Now.Claims.SetItem("orders-2", world.Now.Claims["orders-2"] with { Metadata = world.Now.Claims["orders-2"].Metadata with { DeletionTimestamp = world.Now.Now } }) };
        var decision = ClusterDecider.Decide(world.Now);

        Assert.DoesNotContain(decision.Actions, a => a is ClusterAction.CreatePod);
        Assert.Contains(decision.Holds, h => h.Reason == "ClaimIsBeingDeleted");
    }

    [Theory]
    [InlineData("image")]
    [InlineData("storage")]
    [InlineData("engine")]
    [InlineData("database")]
    [InlineData("parameter")]
    [InlineData("acknowledgements")]
    public void A_wrong_spec_is_refused_by_name_and_nothing_is_touched(string what)
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();

        world.Change(spec => _ = what switch
        {
            "image" => spec.Image = "not an image",
            "storage" => (spec.Storage = spec.Storage with { Size = new Quantity("1Gi") }).Size.Text,
            "engine" => (spec.Engine = DatabaseEngine.OpenGauss).ToString(),
            "database" => (spec.Database = spec.Database with { Name = "other" }).Name,
            "parameter" => (spec.Parameters = new() { ["synchronous_standby_names"] = "'*'" }).First().Value,
            _ => (spec.Synchronization = spec.Synchronization with { Acknowledgements = 2 }).Acknowledgements.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        var decision = ClusterDecider.Decide(world.Now);

        Assert.Empty(decision.Actions);
        var hold = Assert.Single(decision.Holds);
        Assert.Equal(HoldKind.Refused, hold.Kind);
        Assert.Contains("spec.", hold.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_paused_cluster_is_left_alone()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();

        world.Change(spec => (spec.Paused, spec.Image) = (true, "postgres:18"));
        world.RemovePod("orders-3");

        Assert.Empty(ClusterDecider.Decide(world.Now).Actions);
        Assert.Equal(HoldKind.Paused, Assert.Single(ClusterDecider.Decide(world.Now).Holds).Kind);
    }

    [Fact]
    public void What_the_api_refuses_is_told_and_tried_again_later()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        var claim = new ObjectName("PersistentVolumeClaim", "orders-1");
        world.Change(spec => spec.Storage = spec.Storage with { Size = new Quantity("40Gi") });
        var apply = ClusterDecider.Decide(world.Now).Actions.OfType<ClusterAction.Apply>().First(a => a.Object.Name == "orders-1");

        world.Now = world.Now with { Sent = world.Now.Sent.SetItem(claim, new Sent(apply.Object.Hash, null, "only dynamically provisioned pvc can be resized", world.Now.BootTime)) };
        var held = ClusterDecider.Decide(world.Now);
        Assert.Contains(held.Holds, h => h is { Kind: HoldKind.Stuck, Reason: "RefusedByApi" } && h.Message.Contains("dynamically", StringComparison.Ordinal));
        Assert.DoesNotContain(held.Actions.OfType<ClusterAction.Apply>(), a => a.Object.Name == "orders-1");

        // A clock that is set back meanwhile does not make it last longer.
        world.Now = world.Now with { Now = world.Now.Now - TimeSpan.FromHours(1), BootTime = world.Now.BootTime + TimeSpan.FromMinutes(1) };
        Assert.Contains(ClusterDecider.Decide(world.Now).Actions.OfType<ClusterAction.Apply>(), a => a.Object.Name == "orders-1");
    }

    [Fact]
    public void What_is_left_of_an_earlier_cluster_of_the_name_is_waited_for()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Now = world.Now with { Foreign = ["PersistentVolumeClaim orders-1"] };

        var decision = ClusterDecider.Decide(world.Now);

        Assert.Empty(decision.Actions);
        Assert.Equal("NameTaken", Assert.Single(decision.Holds).Reason);
    }

    [Fact]
    [Requirement("E21")]
    public void An_operator_that_starts_anew_touches_no_pod()
    {
        var world = new ClusterWorld(SampleCluster.Make());
        world.Settle();
        world.Now = world.Now with { Sent = world.Now.Sent.Clear() };

        var actions = ClusterDecider.Decide(world.Now).Actions;

        Assert.All(actions, a => Assert.True(Assert.IsType<ClusterAction.Apply>(a).IsCheck));
    }
}
