using System.Text;
using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>What the server adds to objects of certain types, and which changes it refuses.</summary>
internal static class Admission
{
    public const string ClaimProtection = "kubernetes.io/pvc-protection";

    /// <param name="stored">Null: it is being made.</param>
    public static void Complete<T>(ApiServer server, T value, T? stored) where T : class, IKubernetesObject
    {
        switch (value)
        {
            case V1Service { Spec: { } spec }:
                spec.Type ??= "ClusterIP";
                spec.SessionAffinity ??= "None";
                spec.ClusterIP ??= (stored as V1Service)?.Spec?.ClusterIP ?? server.NewServiceAddress();
                break;
            case V1Secret { StringData: { } texts } secret:
                secret.Data ??= [];
                foreach (var (key, text) in texts) secret.Data[key] = Encoding.UTF8.GetBytes(text);
                secret.StringData = null;
                break;
            case V1PersistentVolumeClaim claim when stored is null:
                (claim.Metadata.Finalizers ??= []).Add(ClaimProtection);
                claim.Status = new V1PersistentVolumeClaimStatus { Phase = "Pending" };
                break;
        }
    }

    public static string? WhyNot<T>(T stored, T next) where T : class, IKubernetesObject =>
        stored is V1Pod before && next is V1Pod after && !Copies.AreEqual(before.Spec, after.Spec) ? "spec: Forbidden: pod updates may not change fields of the spec" : null;
}
