using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Tests.Operator.Clusters;

public sealed class RecordReadingTests
{
    [Fact]
    public void A_lease_without_a_record_or_with_a_wrong_one_is_said_to_be_unreadable()
    {
        Assert.IsType<RecordReading.Absent>(RecordReading.Of(null));
        Assert.IsType<RecordReading.Unreadable>(RecordReading.Of(new V1Lease { Metadata = new V1ObjectMeta { Name = "orders" } }));
        Assert.IsType<RecordReading.Unreadable>(RecordReading.Of(new V1Lease { Metadata = new V1ObjectMeta { Name = "orders", Annotations = new() { [Names.RecordAnnotation] = "{" } } }));
    }

    [Fact]
    public void A_request_of_the_operators_own_tells_when_it_was_made()
    {
        var request = new SwitchoverRequest("rollout-20260301T120000Z", "orders-2", 7);
        var cluster = SampleCluster.Make();
        cluster.Metadata.Annotations = new() { [Names.SwitchoverAnnotation] = request.Text };

        Assert.Equal(request, SwitchoverRequest.Of(cluster));
        Assert.Equal(SampleCluster.Now, request.At);
        Assert.Equal("""{"id":"rollout-20260301T120000Z","to":"orders-2","fromEpoch":7}""", request.Text);
        Assert.Null((request with { Id = "by-hand" }).At);
    }
}
