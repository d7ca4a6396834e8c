using Tandem.Resources.Validation.Pair;

namespace Tandem.Resources.Validation;

/// <summary>What is already there of a pair, as far as it bears on what its spec may say. Null: nothing is there, or it is not known.</summary>
public sealed record DisasterRecoveryPairObserved
{
    public static readonly DisasterRecoveryPairObserved Nothing = new();

    /// <summary>The site this operator is at.</summary>
    public string? Site { get; init; }

    /// <summary>The cluster that the pair record is bound to.</summary>
    public string? Cluster { get; init; }

    /// <summary>Names of the sites that the pair records speak of.</summary>
    public IReadOnlyList<string>? Sites { get; init; }
}

public sealed record DisasterRecoveryPairInput(string Name, DisasterRecoveryPairSpec Spec, DisasterRecoveryPairObserved Observed)
{
    /// <inheritdoc cref="PairLinks.HasNoLink"/>
    public bool IsByHand => Spec.HasNoLink();
}

/// <summary>
/// Everything that a DisasterRecoveryPair may not say; see <see cref="DatabaseClusterValidator"/>. A pair with an error moves nothing: the records are obeyed,
/// requests wait until it is mended.
/// </summary>
public static class DisasterRecoveryPairValidator
{
    private delegate IEnumerable<FieldError> Rule(DisasterRecoveryPairInput input);

    private static readonly Rule[] Rules =
    [
        PairRules.NameFits,
        PairRules.WordsAreKnown,
        SiteRules.TwoSites,
        SiteRules.PrimarySiteIsOneOfThem,
        SiteRules.ThisSiteIsOneOfThem,
        SiteRules.LinksAreNamed,
        SiteRules.AddressesReachAcross,
        ByHandRules.OnlyWithoutALink,
        ByHandRules.OnlyWhatNeedsNoLink,
        PairRules.TimesFit,
        PairRules.EpochsFit,
        PairRules.ArbiterFits,
        PairRules.NothingFixedChanges,
        NotYet.Refused,
    ];

    /// <returns>Empty where all is well.</returns>
    public static IReadOnlyList<FieldError> Validate(string name, DisasterRecoveryPairSpec spec, DisasterRecoveryPairObserved? observed = null)
    {
        var input = new DisasterRecoveryPairInput(name, spec, observed ?? DisasterRecoveryPairObserved.Nothing);
        return [.. Rules.SelectMany(rule => rule(input))];
    }

    /// <inheritdoc cref="Validate(string, DisasterRecoveryPairSpec, DisasterRecoveryPairObserved?)"/>
    public static IReadOnlyList<FieldError> Validate(DisasterRecoveryPair pair, DisasterRecoveryPairObserved? observed = null) =>
        Validate(pair.Metadata.Name ?? "", pair.Spec, observed);
}
