using System.Text;
using Tandem.Arbiter;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>The way to the pair's arbiter, as the cluster's pods mount it.</summary>
public static class ArbiterSecretBuilder
{
    public static V1Secret Build(DatabaseCluster cluster, ArbiterAddress address)
    {
        var data = new Dictionary<string, byte[]>();
        void Add(string key, string? value)
        {
            if (value is not null) data[key] = Encoding.UTF8.GetBytes(value);
        }

        Add(Names.ArbiterKubeconfigKey, address.Kubeconfig);
        Add(Names.ArbiterNamespaceKey, address.Namespace);
        Add(Names.ArbiterUriKey, address.Uri);
        return new V1Secret { Metadata = OwnedMetadata.Of(cluster, Names.ArbiterSecret(cluster.Metadata.Name!)), Type = "Opaque", Data = data };
    }
}
