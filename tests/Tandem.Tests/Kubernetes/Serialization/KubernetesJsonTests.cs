using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Tests.Kubernetes.Serialization;

public sealed class KubernetesJsonTests
{
    [Fact]
    public void Times_are_written_as_the_server_reads_them()
    {
        var at = new DateTimeOffset(2026, 11, 21, 3, 4, 5, TimeSpan.FromHours(1)).AddTicks(1_234_567);
        var json = KubernetesJson.Serialize(new V1Lease { Metadata = new V1ObjectMeta { CreationTimestamp = at }, Spec = new V1LeaseSpec { RenewTime = at, AcquireTime = at.AddTicks(-1_234_567) } });
        Assert.Contains("\"creationTimestamp\":\"2026-11-21T02:04:05Z\"", json);
        Assert.Contains("\"renewTime\":\"2026-11-21T02:04:05.123456Z\"", json);
        Assert.Contains("\"acquireTime\":\"2026-11-21T02:04:05.000000Z\"", json); // six digits even where they are all zero
    }

    [Fact]
    public void Nulls_are_left_out_and_names_are_the_apis_own()
    {
        var pod = new V1Pod { Status = new V1PodStatus { PodIP = "1.2.3.4", ContainerStatuses = [new V1ContainerStatus { Name = "c", ContainerID = "containerd://x" }] } };
        Assert.Equal("""{"metadata":{},"status":{"podIP":"1.2.3.4","containerStatuses":[{"name":"c","containerID":"containerd://x"}]}}""", KubernetesJson.Serialize(pod));
        Assert.Equal("""{"fsGroup":26}""", KubernetesJson.Serialize(new V1Pod { Spec = new V1PodSpec { SecurityContext = new V1PodSecurityContext { FsGroup = 26 } } }).Split("\"securityContext\":")[1][..^2]);
    }

    [Fact]
    public void A_port_is_a_number_or_a_name()
    {
        var service = KubernetesJson.Deserialize<V1Service>("""{"spec":{"ports":[{"port":5432,"targetPort":5432},{"port":1,"targetPort":"postgres"}]}}""");
        Assert.Equal((IntOrString)5432, service.Spec!.Ports![0].TargetPort);
        Assert.Equal((IntOrString)"postgres", service.Spec.Ports[1].TargetPort);
        Assert.Equal("""{"metadata":{},"spec":{"ports":[{"port":5432,"targetPort":5432},{"port":1,"targetPort":"postgres"}]}}""", KubernetesJson.Serialize(service));
    }

    [Fact]
    public void What_is_not_modelled_is_kept_at_every_depth()
    {
        const string json = """{"metadata":{"name":"a","managedFields":[{"manager":"x"}]},"spec":{"containers":[{"name":"c","newField":{"deep":1}}],"newer":[1,2]},"other":true}""";
        Assert.Equal(json, KubernetesJson.Serialize(KubernetesJson.Deserialize<V1Pod>(json)));
    }

    [Fact]
    public void A_secret_is_not_printed()
    {
        var secret = KubernetesJson.Deserialize<V1Secret>("""{"metadata":{"name":"orders-app","namespace":"shop"},"type":"Opaque","data":{"password":"aHVudGVyMg=="},"stringData":{"x":"hunter2"}}""");
        Assert.Equal("hunter2"u8.ToArray(), secret.Data!["password"]);
        Assert.Equal("V1Secret shop/orders-app (Opaque; keys: password)", secret.ToString());
    }

    [Fact]
    public void A_clone_shares_nothing()
    {
        var map = new V1ConfigMap { Data = new() { ["k"] = "1" } };
        var clone = KubernetesJson.Clone(map);
        clone.Data!["k"] = "2";
        Assert.Equal("1", map.Data["k"]);
    }
}
