using System.Security.Cryptography;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>Names the content of an object: equal text, equal hash. 80 bits, so that it is short enough to read.</summary>
public static class ContentHash
{
    private const int Bytes = 10;

    public static string Of<T>(T value) where T : class, IKubernetesObject => Convert.ToHexStringLower(SHA256.HashData(KubernetesJson.SerializeToUtf8Bytes(value))[..Bytes]);
}
