using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>The authority of the cluster, and the certificates that it signs.</summary>
public static class CertificatePolicies
{
    /// <summary>The timer of a look must not overflow; certificates live for weeks.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(12);

    public static ClusterDecision AuthorityStands(ClusterObservation observation)
    {
        var name = Names.AuthoritySecret(observation.Name);
        var certificates = observation.Certificates;
        if (!certificates.AuthorityExists)
        {
            if (Sending.WasJustSent(observation, "Secret", name)) return ClusterDecision.Nothing;
            return Sending.StandingRefusal(observation, "Secret", name, "") ?? ClusterDecision.Do(new ClusterAction.FoundAuthority("AuthorityMissing", $"the authority of the cluster is made: Secret {name}"));
        }

        // Never replaced because it cannot be read: every client and the other site trust the one that there was.
        if (certificates.Authority is not { } authority || certificates.AuthorityFacts is not { } facts)
            return ClusterDecision.Hold(HoldKind.Stuck, "AuthorityUnreadable", $"Secret {name} holds no certificate and key that belong together: put ca.crt and ca.key back, or delete the Secret to have a new authority made");
        if (facts.NotAfter <= observation.Now) return ClusterDecision.Do(new ClusterAction.ReplaceAuthority("AuthorityExpired", $"the authority in Secret {name} has expired: a new one takes its place"));
        return Sending.Object(observation, DesiredObject.Of(CertificateSecretBuilder.AuthorityConfigMap(observation.Cluster, authority.CertificatePem)));
    }

    public static ClusterDecision InstancesAreCertified(ClusterObservation observation)
    {
        if (observation.Certificates.Authority is not { } authority) return ClusterDecision.Nothing;
        return observation.Instances.Aggregate(ClusterDecision.Nothing, (decision, instance) => decision.And(Instance(observation, authority, instance.Name)));
    }

    public static ClusterDecision OperatorIsCertified(ClusterObservation observation)
    {
        var name = Names.OperatorSecret(observation.Name);
        if (observation.Certificates.Authority is null || Sending.WasJustSent(observation, "Secret", name)) return ClusterDecision.Nothing;
        return Due(observation, observation.Certificates.Operator, Names.OperatorIdentity, []) switch
        {
            { } why => ClusterDecision.Do(new ClusterAction.IssueOperatorCertificate("CertificateDue", $"the operator's certificate: {why}")),
            null => WaitForRenewal(observation, observation.Certificates.Operator!),
        };
    }

    private static ClusterDecision Instance(ClusterObservation observation, KeyPair authority, string instance)
    {
        if (Sending.WasJustSent(observation, "Secret", Names.InstanceSecret(instance))) return ClusterDecision.Nothing;
        var certificate = observation.Certificates.Instances.GetValueOrDefault(instance);
        if (Due(observation, certificate, instance, InstanceHosts.Of(observation.Name, instance, observation.Key.Namespace)) is { } why)
            return ClusterDecision.Do(new ClusterAction.IssueInstanceCertificate(instance, "CertificateDue", $"the certificate of {instance}: {why}"));
        if (BundleDiffers(observation, authority, certificate!))
            return ClusterDecision.Do(new ClusterAction.RewriteBundle(instance, "BundleDiffers", $"the authorities that {instance} trusts are other ones now"));
        return WaitForRenewal(observation, certificate!);
    }

    private static string? Due(ClusterObservation observation, ObservedCertificate? certificate, string commonName, IReadOnlyList<string> hosts) => certificate switch
    {
        null => "there is none",
        { Facts: null } => "what stands there cannot be read",
        { SignedByAuthority: false } => "it is not of the cluster's authority",
        { Facts: { } facts } when !facts.Names(commonName, hosts) => "it does not name everything that it must",
        { Facts: { } facts } when facts.RenewAt <= observation.Now => "two thirds of its life are over",
        _ => null,
    };

    /// <summary>As long as the other site's authority is not known, what was known of it before stays.</summary>
    private static bool BundleDiffers(ClusterObservation observation, KeyPair authority, ObservedCertificate certificate) =>
        (observation.Pair.PeerAuthorityPem is not null || observation.Cluster.Spec.Pair is null)
        && certificate.Bundle != CertificateSecretBuilder.BundleOf(authority.CertificatePem, observation.Pair.PeerAuthorityPem);

    private static ClusterDecision WaitForRenewal(ClusterObservation observation, ObservedCertificate certificate)
    {
        var wait = certificate.Facts!.RenewAt - observation.Now;
        return new ClusterDecision([], [], wait < LongestWait ? wait : LongestWait);
    }
}
