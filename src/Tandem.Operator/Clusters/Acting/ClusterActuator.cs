using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Clocks;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Acting;

/// <summary>
/// Carries out what was decided, one verb at a time; decides nothing. What the API refuses is noted in the ledger, for the next decision to tell;
/// an API that does not answer is an exception, and the cluster is looked at again.
/// </summary>
public sealed class ClusterActuator(IKubernetesClient client, SentLedger ledger, TimeProvider time, ILogger<ClusterActuator> logger)
{
    public async Task ActAsync(ClusterObservation observation, IEnumerable<ClusterAction> actions, CancellationToken cancellation)
    {
        foreach (var action in actions)
        {
            if (action is ClusterAction.Apply { IsCheck: true }) Log.Checking(logger, observation.Key, action.Message);
            else Log.Acting(logger, observation.Key, action.Reason, action.Message);
            await ActAsync(observation, action, cancellation);
        }
    }

    private Task ActAsync(ClusterObservation observation, ClusterAction action, CancellationToken cancellation) => action switch
    {
        ClusterAction.Apply apply => ApplyAsync(observation, apply.Object, cancellation),
        ClusterAction.AdoptRecord adopt => AdoptRecordAsync(observation, adopt, cancellation),
        ClusterAction.FoundAuthority => FoundAsync(observation, CertificateSecretBuilder.AuthoritySecret(observation.Cluster, NewAuthority(observation)), cancellation),
        ClusterAction.ReplaceAuthority => ApplySecretAsync(observation, CertificateSecretBuilder.AuthoritySecret(observation.Cluster, NewAuthority(observation)), cancellation),
        ClusterAction.IssueInstanceCertificate issue => ApplySecretAsync(observation, InstanceSecret(observation, issue.Instance), cancellation),
        ClusterAction.RewriteBundle rewrite => ApplySecretAsync(observation, InstanceSecret(observation, rewrite.Instance, observation.Certificates.Instances[rewrite.Instance].Pair), cancellation),
        ClusterAction.IssueOperatorCertificate => ApplySecretAsync(observation, OperatorSecret(observation), cancellation),
        ClusterAction.FoundApplicationSecret => FoundAsync(observation, ApplicationSecretBuilder.Build(observation.Cluster, ApplicationSecretBuilder.NewPassword()), cancellation),
        ClusterAction.CreatePod create => CreatePodAsync(observation, create.Pod, cancellation),
        ClusterAction.DeletePod delete => client.DeleteAsync<V1Pod>(delete.Pod, observation.Key.Namespace, new DeleteOptions(Uid: delete.Uid), cancellation),
        ClusterAction.RequestSwitchover request => RequestSwitchoverAsync(observation, request, cancellation),
        _ => throw new InvalidOperationException($"no such action: {action.GetType().Name}"),
    };

    private async Task ApplyAsync(ClusterObservation observation, DesiredObject desired, CancellationToken cancellation)
    {
        var name = new ObjectName(desired.Kind, desired.Name);
        // What is not known here may still be there without our label. An apply would take it over: look first.
        if (!observation.Live.ContainsKey(name) && await desired.ReadAsync(client, cancellation) is { } present && !OwnedMetadata.IsOf(observation.Cluster, present))
        {
            Refused(observation, name, desired.Hash, $"an object of this name exists and does not belong to this cluster");
            return;
        }

        try
        {
            var stored = await desired.ApplyAsync(client, cancellation);
            ledger.Note(observation.Key, name, new Sent(desired.Hash, ObjectVersion.Of(stored), null, time.BootTime()));
        }
        catch (KubernetesException exception) when (IsFinal(exception.StatusCode))
        {
            Refused(observation, name, desired.Hash, exception.Message);
        }
    }

    /// <summary>Certificates: their content is drawn anew each time, so that it is not the hash that tells whether they must be sent.</summary>
    private async Task ApplySecretAsync(ClusterObservation observation, V1Secret secret, CancellationToken cancellation) =>
        await ApplyAsync(observation, DesiredObject.Of(secret), cancellation);

    private async Task FoundAsync<T>(ClusterObservation observation, T value, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var name = new ObjectName(ObjectKinds.Of<T>(), value.Metadata.Name!);
        await CreateAsync(observation, value, name, "", cancellation);
    }

    private async Task CreatePodAsync(ClusterObservation observation, V1Pod pod, CancellationToken cancellation) =>
        await CreateAsync(observation, pod, new ObjectName(ObjectKinds.Of<V1Pod>(), pod.Metadata.Name!), PodFacts.Template(pod)!, cancellation);

    private async Task CreateAsync<T>(ClusterObservation observation, T value, ObjectName name, string hash, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        switch (await client.CreateAsync(value, cancellation))
        {
            case SwapResult<T>.Applied applied:
                ledger.Note(observation.Key, name, new Sent(hash, ObjectVersion.Of(applied.Value), null, time.BootTime()));
                return;
            case SwapResult<T>.Conflict when await client.GetAsync<T>(value.Metadata.Name!, value.Metadata.Namespace, cancellation) is { } present && !OwnedMetadata.IsOf(observation.Cluster, present):
                Refused(observation, name, hash, "an object of this name exists and does not belong to this cluster");
                return;
            case SwapResult<T>.Conflict:
                return; // ours already: the cache is about to show it
            case SwapResult<T>.Absent:
                Refused(observation, name, hash, "the namespace is gone");
                return;
            case SwapResult<T>.Refused refused:
                Refused(observation, name, hash, refused.Message);
                return;
            case SwapResult<T>.Unknown unknown:
                throw new KubernetesUnreachableException($"{name} may have been made: {unknown.Message}");
        }
    }

    private async Task RequestSwitchoverAsync(ClusterObservation observation, ClusterAction.RequestSwitchover request, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                // By swap: a request of a person's that came in between must not be overwritten.
                ["resourceVersion"] = observation.Cluster.Metadata.ResourceVersion,
                ["annotations"] = new JsonObject { [Names.SwitchoverAnnotation] = new SwitchoverRequest(request.Id, request.To, request.FromEpoch).Text },
            },
        };
        await PatchAsync<DatabaseCluster>(observation.Name, observation, patch, cancellation);
    }

    /// <summary>A conflict means that the holder has renewed in between: the next look tries again.</summary>
    private async Task AdoptRecordAsync(ClusterObservation observation, ClusterAction.AdoptRecord adopt, CancellationToken cancellation)
    {
        var owner = OwnedMetadata.OwnerReference(observation.Cluster);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = adopt.ResourceVersion,
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = owner.ApiVersion, ["kind"] = owner.Kind, ["name"] = owner.Name, ["uid"] = owner.Uid, ["controller"] = true }),
            },
        };
        await PatchAsync<V1Lease>(Names.Record(observation.Name), observation, patch, cancellation);
    }

    /// <summary>Where it does not land, nothing else need change for the cluster to be looked at again: so that is asked for.</summary>
    private async Task PatchAsync<T>(string name, ClusterObservation observation, JsonObject patch, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        if (await client.PatchAsync<T>(name, observation.Key.Namespace, patch.ToJsonString(), cancellation) is var result and (SwapResult<T>.Conflict or SwapResult<T>.Unknown))
            throw new KubernetesUnreachableException($"{name} was not patched: {result}");
    }

    private KeyPair NewAuthority(ClusterObservation observation) => CertificateAuthority.Found($"{observation.Name}.{observation.Key.Namespace}", time.GetUtcNow());

    private V1Secret InstanceSecret(ClusterObservation observation, string instance, KeyPair? present = null)
    {
        var authority = observation.Certificates.Authority!;
        var certificate = present ?? CertificateAuthority.Issue(authority, instance, InstanceHosts.Of(observation.Name, instance, observation.Key.Namespace), time.GetUtcNow());
        return CertificateSecretBuilder.InstanceSecret(observation.Cluster, instance, certificate, authority.CertificatePem, observation.Pair.PeerAuthorityPem);
    }

    private V1Secret OperatorSecret(ClusterObservation observation)
    {
        var authority = observation.Certificates.Authority!;
        return CertificateSecretBuilder.OperatorSecret(observation.Cluster, CertificateAuthority.Issue(authority, Names.OperatorIdentity, [], time.GetUtcNow()), authority.CertificatePem);
    }

    private void Refused(ClusterObservation observation, ObjectName name, string hash, string message)
    {
        Log.Refused(logger, observation.Key, name, message);
        ledger.Note(observation.Key, name, new Sent(hash, null, message, time.BootTime()));
    }

    /// <summary>Answers that the same request would get again.</summary>
    private static bool IsFinal(int status) => status is >= 400 and < 500 and not 408 and not 429;
}
