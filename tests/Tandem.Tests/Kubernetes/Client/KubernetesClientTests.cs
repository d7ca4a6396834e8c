using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Client;

[Collection(ApiServerCollection.Name)]
public sealed class KubernetesClientTests(ApiServerFixture api)
{
    private readonly KubernetesClient _client = api.Client;

    [SkippableFact]
    public async Task Reads_the_servers_version()
    {
        var version = await _client.GetVersionAsync(CancellationToken.None);
        Skip.If(version == new KubernetesVersion(0, 0), "this API server was built without its version");
        Assert.Equal((api.Server.Version.Major, api.Server.Version.Minor), (version.Major, version.Minor));
        Assert.True(version.IsAtLeast(1, 20));
        Assert.False(version.IsAtLeast(1, 99));
    }

    [Fact]
    public async Task Creates_reads_swaps_and_deletes()
    {
        var ns = await api.NamespaceAsync();
        var created = Applied(await _client.CreateAsync(Map(ns, "a", ("k", "1")), CancellationToken.None));
        Assert.NotNull(created.Metadata.Uid);

        var read = await _client.GetAsync<V1ConfigMap>("a", ns, CancellationToken.None);
        Assert.Equal("1", read!.Data!["k"]);

        read.Data["k"] = "2";
        var swapped = Applied(await _client.SwapAsync(read, CancellationToken.None));
        Assert.Equal("2", swapped.Data!["k"]);
        Assert.NotEqual(created.Metadata.ResourceVersion, swapped.Metadata.ResourceVersion);

        Assert.True(await _client.DeleteAsync<V1ConfigMap>("a", ns));
        Assert.Null(await _client.GetAsync<V1ConfigMap>("a", ns, CancellationToken.None));
        Assert.False(await _client.DeleteAsync<V1ConfigMap>("a", ns));
    }

    [Fact]
    public async Task A_second_create_is_a_conflict()
    {
        var ns = await api.NamespaceAsync();
        Applied(await _client.CreateAsync(Map(ns, "a"), CancellationToken.None));
        Assert.IsType<SwapResult<V1ConfigMap>.Conflict>(await _client.CreateAsync(Map(ns, "a"), CancellationToken.None));
    }

    [Fact]
    public async Task Of_two_swaps_on_one_version_one_is_applied_and_one_is_a_conflict()
    {
        var ns = await api.NamespaceAsync();
        var lease = Applied(await _client.CreateAsync(Lease(ns, "record", "nobody"), CancellationToken.None));
        var one = KubernetesJson.Clone(lease);
        one.Spec!.HolderIdentity = "one";
        var two = KubernetesJson.Clone(lease);
        two.Spec!.HolderIdentity = "two";

        var results = await Task.WhenAll(_client.SwapAsync(one, CancellationToken.None), _client.SwapAsync(two, CancellationToken.None));

        var winner = Assert.Single(results.OfType<SwapResult<V1Lease>.Applied>()).Value.Spec!.HolderIdentity;
        Assert.Single(results.OfType<SwapResult<V1Lease>.Conflict>());
        Assert.Equal(winner, (await _client.GetAsync<V1Lease>("record", ns, CancellationToken.None))!.Spec!.HolderIdentity);
    }

    [Fact]
    public async Task A_swap_of_what_is_gone_is_absent_even_where_the_name_has_come_back()
    {
        var ns = await api.NamespaceAsync();
        var lease = Applied(await _client.CreateAsync(Lease(ns, "record", "nobody"), CancellationToken.None));
        await _client.DeleteAsync<V1Lease>("record", ns);
        var gone = await _client.SwapAsync(lease, CancellationToken.None);
        Assert.True(gone is SwapResult<V1Lease>.Absent or SwapResult<V1Lease>.Conflict, gone.ToString());

        Applied(await _client.CreateAsync(Lease(ns, "record", "other"), CancellationToken.None));
        Assert.IsType<SwapResult<V1Lease>.Conflict>(await _client.SwapAsync(lease, CancellationToken.None));
    }

    [Fact]
    public async Task A_swap_without_a_version_is_not_sent()
    {
        var ns = await api.NamespaceAsync();
        Applied(await _client.CreateAsync(Lease(ns, "record", "nobody"), CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.SwapAsync(Lease(ns, "record", "blind"), CancellationToken.None));
    }

    [Fact]
    public async Task A_refusal_has_the_servers_words()
    {
        var ns = await api.NamespaceAsync();
        var refused = Assert.IsType<SwapResult<V1ConfigMap>.Refused>(await _client.CreateAsync(Map(ns, "No_Such_Name"), CancellationToken.None));
        Assert.Equal(422, refused.StatusCode);
        Assert.Contains("metadata.name", refused.Message);
    }

    [Fact]
    public async Task A_token_that_is_not_good_is_refused()
    {
        var configuration = api.Configuration;
        using var stranger = new KubernetesClient(new KubernetesClientConfiguration { Server = configuration.Server, CertificateAuthority = configuration.CertificateAuthority, Token = new FixedBearerToken("nobody") });
        Assert.Equal(401, Assert.IsType<SwapResult<V1ConfigMap>.Refused>(await stranger.CreateAsync(Map("default", "a"), CancellationToken.None)).StatusCode);
        var error = await Assert.ThrowsAsync<KubernetesException>(() => stranger.GetAsync<V1ConfigMap>("a", "default", CancellationToken.None));
        Assert.Equal(401, error.StatusCode);
    }

    [Fact]
    public async Task Without_the_clusters_authority_there_is_no_connection()
    {
        using var strict = new KubernetesClient(new KubernetesClientConfiguration { Server = api.Configuration.Server }, new KubernetesClientOptions { ReadRetries = 0 });
        await Assert.ThrowsAsync<KubernetesUnreachableException>(() => strict.GetVersionAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("kubernetes.default.svc", true)]
    [InlineData("somebody.else.example", false)]
    public async Task The_servers_certificate_must_bear_the_name_that_the_kubeconfig_says(string name, bool isGood)
    {
        var direct = api.Configuration;
        using var client = new KubernetesClient(
            new KubernetesClientConfiguration { Server = direct.Server, CertificateAuthority = direct.CertificateAuthority, ClientCertificate = direct.ClientCertificate, TlsServerName = name },
            new KubernetesClientOptions { ReadRetries = 0 });
        var reading = client.GetAsync<V1Namespace>("default", null, CancellationToken.None);
        if (isGood) Assert.NotNull(await reading);
        else await Assert.ThrowsAsync<KubernetesUnreachableException>(() => reading);
    }

    [Fact]
    public async Task Lists_all_pages_by_label_and_by_field()
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 7; i++)
        {
            var map = Map(ns, $"m{i}");
            map.Metadata.Labels = new() { ["parity"] = i % 2 == 0 ? "even" : "odd" };
            Applied(await _client.CreateAsync(map, CancellationToken.None));
        }
        using var paged = new KubernetesClient(api.Configuration, new KubernetesClientOptions { PageSize = 2 });
        Assert.Equal(["m0", "m1", "m2", "m3", "m4", "m5", "m6"], (await paged.ListAsync<V1ConfigMap>(ns)).Items.Where(m => m.Metadata.Name!.StartsWith('m')).Select(m => m.Metadata.Name!));
        Assert.Equal(["m1", "m3", "m5"], (await paged.ListAsync<V1ConfigMap>(ns, labelSelector: "parity=odd")).Items.Select(m => m.Metadata.Name!));
        var one = Assert.Single((await paged.ListAsync<V1ConfigMap>(@namespace: null, fieldSelector: $"metadata.name=m4,metadata.namespace={ns}")).Items);
        Assert.Equal(("v1", "ConfigMap"), (one.ApiVersion, one.Kind));
    }

    [Fact]
    public async Task A_list_whose_state_was_compacted_between_two_pages_is_read_again()
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 5; i++) Applied(await _client.CreateAsync(Map(ns, $"m{i}"), CancellationToken.None));
        var compacting = new BetweenRequests(async request =>
        {
            if (!request.RequestUri!.Query.Contains("continue=")) return;
            Applied(await _client.CreateAsync(Map(ns, "later"), CancellationToken.None));
            await Etcd.CompactAsync(api.Server.EtcdUrl);
        }, new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true, ClientCertificates = api.Configuration.ClientCertificate } });
        using var paged = new KubernetesClient(api.Configuration, new KubernetesClientOptions { PageSize = 2 }, handler: compacting);

        var list = await paged.ListAsync<V1ConfigMap>(ns);

        Assert.Contains(list.Items, m => m.Metadata.Name == "later");
        Assert.Equal(list.Items.Count, list.Items.Select(m => m.Metadata.Name).Distinct().Count());
    }

    [Fact]
    public async Task Applies_fields_of_two_managers_and_tells_a_conflict()
    {
        var ns = await api.NamespaceAsync();
        await _client.ApplyAsync(Map(ns, "shared", ("a", "1")), "first", force: false, CancellationToken.None);
        var both = await _client.ApplyAsync(Map(ns, "shared", ("b", "2")), "second", force: false, CancellationToken.None);
        Assert.Equal(("1", "2"), (both.Data!["a"], both.Data["b"]));

        var conflict = await Assert.ThrowsAsync<KubernetesException>(() => _client.ApplyAsync(Map(ns, "shared", ("a", "mine"), ("b", "2")), "second", force: false, CancellationToken.None));
        Assert.Equal((409, "Conflict"), (conflict.StatusCode, conflict.Reason));
        Assert.Contains("first", conflict.Message);

        var taken = await _client.ApplyAsync(Map(ns, "shared", ("a", "mine"), ("b", "2")), "second", force: true, CancellationToken.None);
        Assert.Equal("mine", taken.Data!["a"]);

        var left = await _client.ApplyAsync(Map(ns, "shared", ("a", "mine")), "second", force: false, CancellationToken.None);
        Assert.Equal(["a"], left.Data!.Keys); // what a manager no longer applies, and nobody else owns, goes
    }

    [Fact]
    public async Task Status_and_spec_are_written_apart()
    {
        var ns = await api.NamespaceAsync();
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "p", Namespace = ns }, Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "x" }] } };
        var created = Applied(await _client.CreateAsync(pod, CancellationToken.None));
        created.Status = new V1PodStatus { Phase = "Running", PodIP = "10.1.2.3", PodIPs = [new V1PodIP { Ip = "10.1.2.3" }] };
        created.Spec!.Containers[0].Image = "not written";
        var written = Applied(await _client.SwapStatusAsync(created, CancellationToken.None));
        Assert.Equal("10.1.2.3", written.Status!.PodIP);
        Assert.Equal("x", written.Spec!.Containers[0].Image);

        written.Status.Phase = "Failed";
        written.Metadata.Labels = new() { ["is"] = "written" };
        var swapped = Applied(await _client.SwapAsync(written, CancellationToken.None));
        Assert.Equal(("Running", "written"), (swapped.Status!.Phase, swapped.Metadata.Labels!["is"]));

        var status = new V1Pod { Metadata = new V1ObjectMeta { Name = "p", Namespace = ns }, Status = new V1PodStatus { Message = "applied" } };
        var applied = await _client.ApplyStatusAsync(status, "tests", force: true, CancellationToken.None);
        Assert.Equal(("Running", "applied"), (applied.Status!.Phase, applied.Status.Message));
    }

    [Fact]
    public async Task A_patch_that_bears_a_version_is_a_swap()
    {
        var ns = await api.NamespaceAsync();
        var map = Applied(await _client.CreateAsync(Map(ns, "a", ("k", "1"), ("l", "1")), CancellationToken.None));
        var patched = Applied(await _client.PatchAsync<V1ConfigMap>("a", ns, """{"data":{"k":"2","l":null}}""", CancellationToken.None));
        Assert.Equal(["k"], patched.Data!.Keys);
        var stale = await _client.PatchAsync<V1ConfigMap>("a", ns, $$$"""{"metadata":{"resourceVersion":"{{{map.Metadata.ResourceVersion}}}"},"data":{"k":"3"}}""", CancellationToken.None);
        Assert.IsType<SwapResult<V1ConfigMap>.Conflict>(stale);
        Assert.IsType<SwapResult<V1ConfigMap>.Absent>(await _client.PatchAsync<V1ConfigMap>("none", ns, "{}", CancellationToken.None));
    }

    [Fact]
    public async Task Deletes_only_the_object_that_is_meant()
    {
        var ns = await api.NamespaceAsync();
        Applied(await _client.CreateAsync(Map(ns, "a"), CancellationToken.None));
        Assert.False(await _client.DeleteAsync<V1ConfigMap>("a", ns, new DeleteOptions(Uid: "00000000-0000-0000-0000-000000000000")));
        var still = await _client.GetAsync<V1ConfigMap>("a", ns, CancellationToken.None);
        Assert.True(await _client.DeleteAsync<V1ConfigMap>("a", ns, new DeleteOptions(Uid: still!.Metadata.Uid, ResourceVersion: still.Metadata.ResourceVersion)));
    }

    [Fact]
    public async Task Fields_that_are_not_modelled_survive_a_swap()
    {
        var ns = await api.NamespaceAsync();
        var json = """
            {"metadata":{"name":"p"},"spec":{"setHostnameAsFQDN":true,"containers":[{"name":"c","image":"x","stdin":true,
            "volumeMounts":[{"name":"v","mountPath":"/v","subPathExpr":"$(HOME)"}]}],"volumes":[{"name":"v","nfs":{"server":"h","path":"/p"}}]}}
            """;
        var pod = KubernetesJson.Deserialize<V1Pod>(json);
        pod.Metadata.Namespace = ns;
        var read = Applied(await _client.CreateAsync(pod, CancellationToken.None));
        read.Metadata.Labels = new() { ["touched"] = "true" };
        var swapped = Applied(await _client.SwapAsync(read, CancellationToken.None));

        var spec = swapped.Spec!;
        Assert.True(spec.Unmodelled!["setHostnameAsFQDN"].GetBoolean());
        Assert.True(spec.Containers[0].Unmodelled!["stdin"].GetBoolean());
        Assert.Equal("$(HOME)", spec.Containers[0].VolumeMounts!.Single(m => m.Name == "v").Unmodelled!["subPathExpr"].GetString());
        Assert.Equal("h", spec.Volumes!.Single(v => v.Name == "v").Unmodelled!["nfs"].GetProperty("server").GetString());
        Assert.Equal("true", swapped.Metadata.Labels!["touched"]);
    }

    [Fact]
    public async Task Times_come_back_as_they_were_written()
    {
        var ns = await api.NamespaceAsync();
        var lease = Lease(ns, "record", "me");
        lease.Spec!.RenewTime = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.FromHours(2)).AddTicks(1234560);
        var created = Applied(await _client.CreateAsync(lease, CancellationToken.None));
        Assert.Equal(lease.Spec.RenewTime, created.Spec!.RenewTime);
        Assert.Equal(TimeSpan.Zero, created.Metadata.CreationTimestamp!.Value.Offset);
    }

    [Fact]
    public async Task A_type_that_nobody_serves_is_an_error_and_not_an_absence()
    {
        var error = await Assert.ThrowsAsync<KubernetesException>(() => _client.GetAsync<NotServed>("x", "default", CancellationToken.None));
        Assert.Equal(404, error.StatusCode);
        Assert.Equal(404, Assert.IsType<SwapResult<NotServed>.Refused>(await _client.CreateAsync(new NotServed { Metadata = { Name = "x", Namespace = "default" } }, CancellationToken.None)).StatusCode);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("")]
    public async Task A_name_that_would_lead_elsewhere_is_not_sent(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAsync<V1ConfigMap>(name, "default", CancellationToken.None));

    private static T Applied<T>(SwapResult<T> result) => Assert.IsType<SwapResult<T>.Applied>(result).Value;

    private static V1ConfigMap Map(string ns, string name, params (string Key, string Value)[] data) =>
        new() { Metadata = new V1ObjectMeta { Name = name, Namespace = ns }, Data = data.ToDictionary(d => d.Key, d => d.Value) };

    private static V1Lease Lease(string ns, string name, string holder) =>
        new() { Metadata = new V1ObjectMeta { Name = name, Namespace = ns }, Spec = new V1LeaseSpec { HolderIdentity = holder, LeaseDurationSeconds = 5 } };
}
