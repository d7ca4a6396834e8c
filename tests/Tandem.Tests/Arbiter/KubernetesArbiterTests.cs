using Tandem.Arbiter;
using Tandem.Kubernetes.Models;
using Tandem.Tests.Support;

namespace Tandem.Tests.Arbiter;

/// <summary>The arbiter by a Lease, on a real API server.</summary>
[Collection(ApiServerCollection.Name)]
[Requirement("E15")]
public sealed class KubernetesArbiterTests(ApiServerFixture api)
{
    private static readonly ArbiterFactory Factory = new(TimeProvider.System);

    [Fact]
    public async Task It_lets_one_write_on_what_it_has_read()
    {
        var @namespace = await api.NamespaceAsync();
        await ArbiterContract.HoldsAsync(() => Connect(@namespace, "a"));
        await ArbiterContract.LetsOneOfManyInAsync(() => Connect(@namespace, "b"));
        var lease = (await api.Client.GetAsync<V1Lease>("tandem-b", @namespace, default))!;
        Assert.Equal(("east", 3, 15), (lease.Spec!.HolderIdentity, lease.Spec.LeaseTransitions, lease.Spec.LeaseDurationSeconds));
    }

    [Fact]
    public async Task A_namespace_that_is_not_there_is_said_and_nothing_is_taken_for_free()
    {
        await using var arbiter = Connect("nowhere", "a");
        var read = Assert.IsType<ArbiterReading.Read>(await arbiter.ReadAsync(default));
        Assert.Null(read.Record);
        Assert.IsType<ArbiterSwap.Lost>(await arbiter.SwapAsync(read, new("a", new(1, "east"), "east", TimeSpan.FromSeconds(15), DateTimeOffset.UnixEpoch, 1, "n"), default));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_unreadable_and_its_address_no_secret()
    {
        var gone = File.ReadAllText(api.Server.KubeconfigPath).Replace(new Uri(api.Configuration.Server.ToString()).Port.ToString(), "1", StringComparison.Ordinal);
        await using var arbiter = Factory.Connect(new ArbiterAddress(gone, "default", null), "a");
        Assert.Equal("ArbiterUnreachable", Assert.IsType<ArbiterReading.Unreadable>(await arbiter.ReadAsync(default)).Reason);
        Assert.DoesNotContain("BEGIN", new ArbiterAddress(gone, "default", null).ToString(), StringComparison.Ordinal);
        Assert.Throws<ArbiterAddressException>(() => Factory.Connect(new ArbiterAddress("no kubeconfig", "default", null), "a"));
    }

    private IArbiter Connect(string @namespace, string pair) => Factory.Connect(new ArbiterAddress(File.ReadAllText(api.Server.KubeconfigPath), @namespace, null), pair);
}
