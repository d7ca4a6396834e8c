using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Tests.Operator.Clusters;

/// <summary>
/// A world without a network: carries out what the decider says, and plays the kubelets and the agents, one thing at a time, so that every state in between is seen.
/// </summary>
internal sealed class ClusterWorld
{
    private int _serial;

    public ClusterWorld(DatabaseCluster cluster) => Now = SampleCluster.Bare(cluster);

    public ClusterObservation Now { get; set; }

    /// <summary>Images that a kubelet can start.</summary>
    public HashSet<string> Images { get; } = ["postgres:17", "postgres:18"];

    public List<ClusterAction> Done { get; } = [];

    public void Pass(TimeSpan time) => Now = Now with { Now = Now.Now + time, BootTime = Now.BootTime + time };

    /// <summary>Decides and acts until nothing is left to do, or <paramref name="rounds"/> are over; <paramref name="watch"/> sees every state.</summary>
    public void Settle(Action<ClusterObservation>? watch = null, int rounds = 200)
    {
        for (var round = 0; round < rounds; round++)
        {
            Pass(TimeSpan.FromSeconds(3));
            var decision = ClusterDecider.Decide(Now);
            foreach (var action in decision.Actions)
            {
                Done.Add(action);
                Carry(action);
                watch?.Invoke(Now);
            }

            if (!PlayOthers() && decision.Actions.Count == 0) return;
            watch?.Invoke(Now);
        }

        throw new InvalidOperationException($"not settled after {rounds} rounds; the last were: {string.Join("; ", Done.TakeLast(5).Select(a => a.Message))}");
    }

    public void Change(Action<DatabaseClusterSpec> change)
    {
        var spec = Now.Cluster.Spec with { };
        change(spec);
        Now = Now with { Cluster = Now.Cluster with { Spec = spec, Metadata = Now.Cluster.Metadata with { Generation = Now.Cluster.Metadata.Generation + 1 } } };
    }

    public void SetPod(string name, Func<V1Pod, V1Pod> change) => Now = Now with { Pods = Now.Pods.SetItem(name, change(Now.Pods[name])) };

    public void RemovePod(string name) => Now = Now with { Pods = Now.Pods.Remove(name), Live = Now.Live.Remove(new ObjectName("Pod", name)), Reports = Now.Reports.Remove(name), Sent = Now.Sent.Remove(new ObjectName("Pod", name)) };

    public void SetReport(string name, AgentReport? report, TimeSpan? age = null) =>
        Now = Now with { Reports = Now.Reports.SetItem(name, report is null ? new HeardReport(null, TimeSpan.MaxValue, "no answer within 1 s") : new HeardReport(report, age ?? TimeSpan.Zero, null)) };

    public AgentReport Report(string name) => Now.Reports[name].Report!;

    public static Incarnation IncarnationOf(string instance) => new(instance, $"{instance.GetHashCode(StringComparison.Ordinal):x8}".PadLeft(32, '0'), $"claim-of-{instance}");

    private void Carry(ClusterAction action)
    {
        switch (action)
        {
            case ClusterAction.Apply apply:
                Store(apply.Object);
                break;
            case ClusterAction.FoundAuthority or ClusterAction.ReplaceAuthority:
                var authority = CertificateAuthority.Found("orders.shop", Now.Now);
                Now = Now with { Certificates = Now.Certificates with { AuthorityExists = true, Authority = authority, AuthorityFacts = CertificateFacts.Read(authority.CertificatePem) } };
                break;
            case ClusterAction.IssueInstanceCertificate issue:
                var pair = CertificateAuthority.Issue(Now.Certificates.Authority!, issue.Instance, InstanceHosts.Of("orders", issue.Instance, "shop"), Now.Now);
                Certify(issue.Instance, pair);
                break;
            case ClusterAction.RewriteBundle rewrite:
                Certify(rewrite.Instance, Now.Certificates.Instances[rewrite.Instance].Pair);
                break;
            case ClusterAction.IssueOperatorCertificate:
                var own = CertificateAuthority.Issue(Now.Certificates.Authority!, Names.OperatorIdentity, [], Now.Now);
                Now = Now with { Certificates = Now.Certificates with { Operator = ObservedCertificate.Of(CertificateSecretBuilder.OperatorSecret(Now.Cluster, own, Now.Certificates.Authority!.CertificatePem), Now.Certificates.Authority.CertificatePem) } };
                break;
            case ClusterAction.FoundApplicationSecret:
                Now = Now with { Application = (Now.Cluster.Spec.Database.Name, Now.Cluster.Spec.Database.Owner) };
                break;
            case ClusterAction.AdoptRecord:
                Now = Now with { RecordIsOwned = true };
                break;
            case ClusterAction.CreatePod create:
                Assert.DoesNotContain(create.Pod.Metadata.Name, Now.Pods.Keys);
                var pod = create.Pod with { Metadata = create.Pod.Metadata with { Uid = $"pod-{++_serial}" }, Status = new V1PodStatus { Phase = "Pending" } };
                Now = Now with { Pods = Now.Pods.Add(pod.Metadata.Name!, pod), Live = Now.Live.SetItem(new ObjectName("Pod", pod.Metadata.Name!), "1"), Reports = Now.Reports.Remove(pod.Metadata.Name!) };
                break;
            case ClusterAction.DeletePod delete:
                Assert.Equal(Now.Pods[delete.Pod].Metadata.Uid, delete.Uid);
                SetPod(delete.Pod, p => p with { Metadata = p.Metadata with { DeletionTimestamp = Now.Now + TimeSpan.FromSeconds(60) } });
                break;
            case ClusterAction.RequestSwitchover request:
                var metadata = Now.Cluster.Metadata with { Annotations = new() { [Names.SwitchoverAnnotation] = new SwitchoverRequest(request.Id, request.To, request.FromEpoch).Text } };
                Now = Now with { Cluster = Now.Cluster with { Metadata = metadata } };
                break;
            default:
                throw new InvalidOperationException(action.GetType().Name);
        }
    }

    private void Store(DesiredObject desired)
    {
        var name = new ObjectName(desired.Kind, desired.Name);
        var version = $"{++_serial}";
        Now = Now with { Live = Now.Live.SetItem(name, version), Sent = Now.Sent.SetItem(name, new Sent(desired.Hash, version, null, Now.BootTime)) };
        if (desired.Value is V1PersistentVolumeClaim claim)
            Now = Now with { Claims = Now.Claims.SetItem(desired.Name, claim with { Metadata = claim.Metadata with { Uid = $"claim-of-{desired.Name}" }, Status = new V1PersistentVolumeClaimStatus { Phase = "Bound" } }) };
        if (desired.Value is V1Service service)
        {
            var present = Now.Services.GetValueOrDefault(desired.Name)?.Spec?.Selector;
            Now = Now with { Services = Now.Services.SetItem(desired.Name, service with { Spec = service.Spec! with { Selector = service.Spec.Selector ?? present } }) };
        }
    }

    private void Certify(string instance, KeyPair pair)
    {
        var authority = Now.Certificates.Authority!.CertificatePem;
        var secret = CertificateSecretBuilder.InstanceSecret(Now.Cluster, instance, pair, authority, Now.Pair.PeerAuthorityPem);
        Now = Now with { Certificates = Now.Certificates with { Instances = Now.Certificates.Instances.SetItem(instance, ObservedCertificate.Of(secret, authority)!) } };
    }

    /// <summary>One step of somebody else; false where there is none to take.</summary>
    private bool PlayOthers() => EndPod() || StartPod() || Elect() || HandOver() || ReportAll();

    private bool EndPod()
    {
        if (Now.Pods.Values.FirstOrDefault(p => PodFacts.IsTerminating(p)) is not { } ending) return false;
        RemovePod(ending.Metadata.Name!);
        return true;
    }

    private bool StartPod()
    {
        foreach (var (name, pod) in Now.Pods)
        {
            if (pod.Status!.Phase != "Pending") continue;
            var image = pod.Spec!.Containers[0].Image!;
            if (Images.Contains(image))
            {
                SetPod(name, p => p with { Status = RunningStatus() });
                return true;
            }

            if (pod.Status.ContainerStatuses is not null) continue;
            SetPod(name, p => p with { Status = new V1PodStatus { Phase = "Pending", ContainerStatuses = [new V1ContainerStatus { Name = "postgres", State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "ImagePullBackOff", Message = $"no image {image}" } } }] } });
            return true;
        }

        return false;
    }

    private static V1PodStatus RunningStatus() => new()
    {
        Phase = "Running",
        PodIP = "10.0.0.1",
        Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }],
        ContainerStatuses = [new V1ContainerStatus { Name = "postgres", Ready = true, State = new V1ContainerState { Running = new V1ContainerStateRunning() } }],
    };

    /// <summary>Founds, or replaces a holder whose pod is gone.</summary>
    private bool Elect()
    {
        if (Now.Holder is { } holder && Now.Pods.TryGetValue(holder, out var pod) && PodFacts.IsRunning(pod)) return false;
        if (Now.Pods.Values.FirstOrDefault(PodFacts.IsRunning) is not { } next) return false;
        Reign(next.Metadata.Name!);
        return true;
    }

    private bool HandOver()
    {
        if (SwitchoverRequest.Of(Now.Cluster) is not { } request || Now.PrimaryRecord is not { } record || request.FromEpoch != record.Epoch.Value) return false;
        Reign(request.To);
        return true;
    }

    public void Reign(string holder)
    {
        var incarnation = IncarnationOf(holder);
        var epoch = Now.PrimaryRecord?.Epoch.Next ?? new Epoch(1);
        var members = Now.Pods.Keys.Where(k => k != holder).Select(IncarnationOf).ToImmutableSortedSet();
        var clause = new QuorumClause(epoch, incarnation, members, members.IsEmpty ? 0 : 1);
        Now = Now with
        {
            Record = new RecordReading.Present(new PrimaryRecord { Epoch = epoch, Holder = incarnation, LeaseDuration = TimeSpan.FromSeconds(6), Quorums = [clause], ResourceVersion = $"{++_serial}" }),
            RecordIsOwned = Now.PrimaryRecord is not null,
            Services = Now.Services.SetItem("orders-rw", Now.Services["orders-rw"] with { Spec = Now.Services["orders-rw"].Spec! with { Selector = new() { [Names.InstanceLabel] = holder } } }),
            Reports = Now.Reports.Clear(),
        };
    }

    private bool ReportAll()
    {
        var silent = Now.Pods.Where(p => PodFacts.IsRunning(p.Value) && !Now.Reports.ContainsKey(p.Key)).Select(p => p.Key).ToList();
        foreach (var name in silent) SetReport(name, name == Now.Holder ? HolderReport(name) : StandbyReport(name));
        return silent.Count > 0;
    }

    private AgentReport HolderReport(string name) => new()
    {
        Incarnation = IncarnationOf(name).ToString(), Instance = name, Version = "0.1.0", State = "running", Role = "Primary", RunMode = "Primary", Epoch = Now.PrimaryRecord!.Epoch.Value,
        Admitted = true, Timeline = 1, Written = "0/5000100", Flushed = "0/5000100", RewindPossible = true, ServerVersion = 170004, AdmittedAt = Now.Now,
        Senders = [.. Enumerable.Range(1, 9).Select(n => $"orders-{n}").Where(n => n != name)
            .Select(n => new SenderReport(IncarnationOf(n).ReplicationName, "streaming", "0/5000100", "0/5000100", "0/5000100", "0/5000100", "quorum", 1, "10.0.0.2"))],
    };

    private AgentReport StandbyReport(string name) => new()
    {
        Incarnation = IncarnationOf(name).ToString(), Instance = name, Version = "0.1.0", State = "streaming", Role = "Standby", RunMode = "Standby", Epoch = Now.PrimaryRecord?.Epoch.Value ?? 0,
        Streaming = true, Timeline = 1, Written = "0/5000100", Flushed = "0/5000100", Replayed = "0/5000000", Promotable = true, RewindPossible = true,
    };
}
