using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Sandbox;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

/// <summary>The CRDs on a real API server: what it refuses, what it fills in, what it shows.</summary>
public sealed class SchemaTests(SchemaTests.ServerWithCrds server) : IClassFixture<SchemaTests.ServerWithCrds>
{
    static SchemaTests() => KubernetesJson.Register(TandemJsonContext.Default);

    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public async Task Server_refuses_what_a_schema_can(string kind)
    {
        foreach (var bad in BadManifest.All(kind).Where(b => b.RefusedBy == RefusedBy.Schema))
        {
            var (status, body) = await server.TryAsync(bad.Manifest);
            var message = body["message"]?.GetValue<string>() ?? "";
            Assert.True(status == HttpStatusCode.UnprocessableEntity, $"{bad}: answered {(int)status} {message}");
            Assert.True((message.Contains(bad.Field, StringComparison.Ordinal) || message.Contains(WithoutIndexes(bad.Field), StringComparison.Ordinal)) && message.Contains(bad.Message, StringComparison.OrdinalIgnoreCase), $"{bad}: '{bad.Field}' or '{bad.Message}' is not in: {message}");
        }
    }

    /// <summary>Servers before 1.25 let these through: the validator has them then.</summary>
    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public async Task Server_that_knows_rules_refuses_what_a_rule_can(string kind)
    {
        foreach (var bad in BadManifest.All(kind).Where(b => b.RefusedBy == RefusedBy.Rule))
        {
            var (status, body) = await server.TryAsync(bad.Manifest, bad.Before);
            var expected = server.KnowsRules ? HttpStatusCode.UnprocessableEntity : bad.Before is null ? HttpStatusCode.Created : HttpStatusCode.OK;
            Assert.True(status == expected, $"{bad}: answered {(int)status} {body["message"]}");
        }
    }

    /// <summary>The schema must not be stricter than is said: what the validator is there for has to reach it.</summary>
    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public async Task Server_takes_what_is_left_to_the_operator(string kind)
    {
        foreach (var bad in BadManifest.All(kind).Where(b => b.RefusedBy is RefusedBy.Validator or RefusedBy.Condition))
        {
            var (status, body) = await server.TryAsync(bad.Manifest, bad.Before);
            Assert.True(status is HttpStatusCode.Created or HttpStatusCode.OK, $"{bad}: answered {(int)status} {body["message"]}");
        }
    }

    [Fact]
    public async Task Server_takes_the_samples()
    {
        foreach (var sample in Samples.All())
        {
            var (status, body) = await server.TryAsync(sample.Manifest);
            Assert.True(status == HttpStatusCode.Created, $"{sample.File}: answered {(int)status} {body["message"]}");
        }
    }

    /// <summary>Defaults are the CRD's own: what the server fills in is what the operator's classes begin with.</summary>
    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public async Task Server_fills_in_the_defaults_that_the_classes_have(string kind)
    {
        var manifest = Samples.Smallest(kind);
        var (_, stored) = await server.TryAsync(manifest);
        var filled = Samples.ReadSpec(kind, stored);
        var own = Samples.ReadSpec(kind, manifest);
        Assert.Equal(own.ToJsonString(), filled.ToJsonString());
        Assert.NotEqual(manifest["spec"]!.ToJsonString(), stored["spec"]!.ToJsonString());
    }

    /// <summary>What the operator reports is what is read back: no field of status is unknown to the schema (it would be dropped silently), none of another type.</summary>
    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public async Task Status_with_every_field_is_kept_whole(string kind)
    {
        var status = kind == "DatabaseCluster" ? JsonNode.Parse(KubernetesJson.Serialize(new DatabaseCluster { Status = Filled.Of<DatabaseClusterStatus>() }))!["status"]! : JsonNode.Parse(KubernetesJson.Serialize(new DisasterRecoveryPair { Status = Filled.Of<DisasterRecoveryPairStatus>() }))!["status"]!;
        var stored = await server.ReportAsync(Samples.Smallest(kind), status);
        Assert.True(JsonNode.DeepEquals(status, stored["status"]), $"sent {status.ToJsonString()}\nstored {stored["status"]?.ToJsonString()}");
    }

    [Fact, Requirement("B12", "E17")]
    public async Task Columns_tell_the_story_in_one_line()
    {
        var cluster = new DatabaseClusterStatus { RunMode = ClusterRunMode.Primary, Primary = "orders-2", InstancesText = "3/3", Synchronization = "Quorum 1 of 2", Epoch = new Epoch(7) };
        Conditions.Set(cluster.Conditions, ConditionTypes.Ready, ConditionStatus.True, "AllReady", "3 of 3 instances are ready", 1, DateTimeOffset.UnixEpoch);
        Assert.Equal(["smallest", "Primary", "orders-2", "True", "3/3", "Quorum 1 of 2", "7"], await server.RowAsync(Samples.Smallest("DatabaseCluster"), JsonNode.Parse(KubernetesJson.Serialize(new DatabaseCluster { Status = cluster }))!["status"]!));

        var pair = new DisasterRecoveryPairStatus { PrimarySite = "east", StandbySite = "west", Phase = PairPhase.Streaming, Epoch = 3, RecoveryPoint = new RecoveryPointStatus { Text = "0.2s" }, RecoveryTime = new RecoveryTimeStatus { Text = "1s" } };
        Conditions.Set(pair.Conditions, ConditionTypes.Protected, ConditionStatus.True, "Streaming", "the other site follows", 1, DateTimeOffset.UnixEpoch);
        Assert.Equal(["smallest", "east", "west", "Streaming", "True", "0.2s", "1s", "3"], await server.RowAsync(Samples.Smallest("DisasterRecoveryPair"), JsonNode.Parse(KubernetesJson.Serialize(new DisasterRecoveryPair { Status = pair }))!["status"]!));
    }

    /// <summary>Older servers leave the index of a list out.</summary>
    private static string WithoutIndexes(string field) => Regex.Replace(field, @"\[\d+\]", "");

    /// <summary>A real API server with both CRDs established.</summary>
    public sealed class ServerWithCrds : IAsyncLifetime
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
        private LoopbackApiServer _server = null!;

        public RawApi Api { get; private set; } = null!;
        public bool KnowsRules => _server.Version >= new Version(1, 25);

        public async Task InitializeAsync()
        {
            _server = await LoopbackApiServer.StartAsync();
            Api = new RawApi(_server.KubeconfigPath);
            await Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "shop" } });
            foreach (var type in new[] { typeof(DatabaseCluster), typeof(DisasterRecoveryPair) })
            {
                var (status, body) = await Api.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CrdGenerator.Generate(type));
                Assert.True(status == HttpStatusCode.Created, $"{type.Name}: answered {(int)status} {body["message"]}");
            }

            foreach (var kind in new[] { "DatabaseCluster", "DisasterRecoveryPair" }) await ServedAsync(kind);
        }

        public async Task DisposeAsync()
        {
            Api.Dispose();
            await _server.DisposeAsync();
        }

        /// <summary>Sends the manifest as a user's would be, without keeping it: over <paramref name="before"/>, which is made and taken away, where that is given.</summary>
        public async Task<(HttpStatusCode Status, JsonNode Body)> TryAsync(JsonObject manifest, JsonObject? before = null)
        {
            var path = Path(manifest);
            if (before is null) return await Api.SendAsync(HttpMethod.Post, path + "?dryRun=All", manifest);
            var (status, stored) = await Api.SendAsync(HttpMethod.Post, path, before);
            Assert.True(status == HttpStatusCode.Created, $"what stands before was refused: {stored["message"]}");
            var item = $"{path}/{before["metadata"]!["name"]}";
            var update = manifest.DeepClone().AsObject();
            update["metadata"]!["resourceVersion"] = stored["metadata"]!["resourceVersion"]!.GetValue<string>();
            try
            {
                return await Api.SendAsync(HttpMethod.Put, item + "?dryRun=All", update);
            }
            finally
            {
                await Api.SendAsync(HttpMethod.Delete, item);
            }
        }

        /// <summary>Makes the object, writes its status, and takes it away again.</summary>
        /// <returns>The object as the server keeps it.</returns>
        public Task<JsonNode> ReportAsync(JsonObject manifest, JsonNode status) => ReportAsync(manifest, status, "application/json");

        /// <summary>As <see cref="ReportAsync(JsonObject, JsonNode)"/>.</summary>
        /// <returns>What <c>kubectl get</c> shows of it, but for the age.</returns>
        public async Task<IEnumerable<string?>> RowAsync(JsonObject manifest, JsonNode status)
        {
            var table = await ReportAsync(manifest, status, "application/json;as=Table;v=v1;g=meta.k8s.io");
            var columns = table["columnDefinitions"]!.AsArray();
            return table["rows"]![0]!["cells"]!.AsArray().Where((_, i) => columns[i]!["priority"]!.GetValue<int>() == 0 && columns[i]!["name"]!.GetValue<string>() != "Age").Select(c => c?.ToString());
        }

        private async Task<JsonNode> ReportAsync(JsonObject manifest, JsonNode status, string accept)
        {
            var path = Path(manifest);
            var item = $"{path}/{manifest["metadata"]!["name"]}";
            var (made, stored) = await Api.SendAsync(HttpMethod.Post, path, manifest);
            Assert.True(made == HttpStatusCode.Created, $"answered {(int)made} {stored["message"]}");
            try
            {
                stored["status"] = status.DeepClone();
                var (written, answer) = await Api.SendAsync(HttpMethod.Put, item + "/status", stored);
                Assert.True(written == HttpStatusCode.OK, $"answered {(int)written} {answer["message"]}");
                return (await Api.SendAsync(HttpMethod.Get, item, accept: accept)).Body;
            }
            finally
            {
                await Api.SendAsync(HttpMethod.Delete, item);
            }
        }

        /// <summary>Established is said a moment before the server of the version answers.</summary>
        private Task ServedAsync(string kind) => UntilAsync($"{kind} served", async () =>
        {
            var (status, body) = await TryAsync(Samples.Smallest(kind));
            return status == HttpStatusCode.Created ? null : $"{(int)status} {body["message"]}";
        });

        /// <param name="look">Null when it is so, else what was seen.</param>
        private static async Task UntilAsync(string what, Func<Task<string?>> look)
        {
            using var deadline = new CancellationTokenSource(Deadline);
            for (var seen = await look(); seen is not null; seen = await look())
            {
                if (deadline.IsCancellationRequested) Assert.Fail($"{what}: not within {Deadline.TotalSeconds} s, but {seen}");
                await Task.Delay(100);
            }
        }

        private static string Path(JsonObject manifest) =>
            $"/apis/tandem.dev/v1alpha1/namespaces/{manifest["metadata"]!["namespace"]?.GetValue<string>() ?? "default"}/{manifest["kind"]!.GetValue<string>().ToLowerInvariant()}s";
    }
}
