using System.Text.Json;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Resources.Validation;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

/// <summary>What the operator says of each wrong manifest that an API server can let through. <see cref="SchemaTests"/> has what the API server says.</summary>
public sealed class BadManifestTests
{
    static BadManifestTests() => KubernetesJson.Register(TandemJsonContext.Default);

    public static TheoryData<string> Clusters => LetThrough("DatabaseCluster");
    public static TheoryData<string> Pairs => LetThrough("DisasterRecoveryPair");

    [Theory, MemberData(nameof(Clusters))]
    public void Validator_names_field_and_way_out_of_a_cluster(string file)
    {
        var bad = BadManifest.All("DatabaseCluster").Single(b => b.File == file);
        var observed = bad.Before is null ? null : Observed(Read<DatabaseCluster>(bad.Before));
        if (bad.Before is not null) Assert.Empty(DatabaseClusterValidator.Validate(Read<DatabaseCluster>(bad.Before), observed));
        AssertSays(bad, DatabaseClusterValidator.Validate(Read<DatabaseCluster>(bad.Manifest), observed));
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Validator_names_field_and_way_out_of_a_pair(string file)
    {
        var bad = BadManifest.All("DisasterRecoveryPair").Single(b => b.File == file);
        var observed = bad.Before is null ? new DisasterRecoveryPairObserved { Site = "east" } : Observed(Read<DisasterRecoveryPair>(bad.Before));
        if (bad.Before is not null) Assert.Empty(DisasterRecoveryPairValidator.Validate(Read<DisasterRecoveryPair>(bad.Before), observed));
        AssertSays(bad, DisasterRecoveryPairValidator.Validate(Read<DisasterRecoveryPair>(bad.Manifest), observed));
    }

    /// <summary>A manifest that only a whole cluster can find wrong is right by itself: else it would prove nothing there.</summary>
    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public void What_is_left_to_conditions_is_valid(string kind)
    {
        foreach (var bad in BadManifest.All(kind).Where(b => b.RefusedBy == RefusedBy.Condition))
        {
            var errors = kind == "DatabaseCluster" ? DatabaseClusterValidator.Validate(Read<DatabaseCluster>(bad.Manifest)) : DisasterRecoveryPairValidator.Validate(Read<DisasterRecoveryPair>(bad.Manifest));
            Assert.True(errors.Count == 0, $"{bad}: {string.Join("; ", errors)}");
            Assert.NotNull(bad.Condition);
        }
    }

    [Theory, InlineData("DatabaseCluster"), InlineData("DisasterRecoveryPair")]
    public void There_are_at_least_25_of_each_kind(string kind) => Assert.InRange(BadManifest.All(kind).Count(b => b.RefusedBy != RefusedBy.Condition), 25, 1000);

    private static void AssertSays(BadManifest bad, IReadOnlyList<FieldError> errors)
    {
        var said = string.Join("\n", errors.Select(e => $"{e.Reason} {e.Message}"));
        var error = errors.FirstOrDefault(e => e.Field == bad.Field && e.Message.Contains(bad.Message, StringComparison.Ordinal));
        Assert.True(error is not null, $"{bad}: nothing with field '{bad.Field}' and message '{bad.Message}' in:\n{said}");
        Assert.StartsWith($"{bad.Field}: ", error.Message, StringComparison.Ordinal);
        if (bad.Reason is not null) Assert.Equal(bad.Reason, error.Reason);
    }

    private static T Read<T>(System.Text.Json.Nodes.JsonNode manifest) where T : IKubernetesObject => KubernetesJson.Deserialize<T>(manifest.ToJsonString());

    private static DatabaseClusterObserved Observed(DatabaseCluster before) => new()
    {
        Engine = before.Spec.Engine,
        VolumeBytes = before.Spec.Storage.Size.Bytes,
        StorageClass = before.Spec.Storage.StorageClass,
        Pair = before.Spec.Pair,
        Database = before.Spec.Database.Name,
        Owner = before.Spec.Database.Owner,
    };

    private static DisasterRecoveryPairObserved Observed(DisasterRecoveryPair before) => new()
    {
        Site = "east",
        Cluster = before.Spec.Cluster,
        Sites = [.. before.Spec.Sites.Select(s => s.Name)],
    };

    private static TheoryData<string> LetThrough(string kind) =>
        new(BadManifest.All(kind).Where(b => b.RefusedBy is RefusedBy.Rule or RefusedBy.Validator).Select(b => b.File));
}
