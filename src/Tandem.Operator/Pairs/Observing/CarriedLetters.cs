using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>What there is to read by hand [S15].</summary>
/// <param name="Letter">Of the other site; null: none that is for this one.</param>
/// <param name="Key">By which this site signs its own; null: it bears a checksum.</param>
/// <param name="Problem">Why there is no letter of the other site though something stands there, or none can be written here.</param>
/// <param name="MayWrite">Whether this site's own letter may be published: not where the key for it is missing.</param>
public sealed record CarriedLetter(PairLetter? Letter, byte[]? Key, Refusal? Problem, bool MayWrite)
{
    public static readonly CarriedLetter None = new(null, null, null, MayWrite: false);
}

/// <summary>Reads the letter that a person has pasted into the spec of a pair without a link, and the key that letters are signed by.</summary>
public sealed class CarriedLetters(IKubernetesClient client)
{
    private const string KeyField = "key";

    /// <summary>As long as what it makes; a shorter one could be guessed.</summary>
    private const int MinimumKeyBytes = 32;

    public async Task<CarriedLetter> ReadAsync(DisasterRecoveryPair pair, string site, SiteSpec theirs, PairRecord? record, CancellationToken cancellation)
    {
        if (!pair.Spec.HasNoLink()) return CarriedLetter.None;
        var (key, problem) = await KeyAsync(pair, cancellation);
        if (problem is not null) return new CarriedLetter(null, null, problem, MayWrite: false);
        var (letter, refusal) = Letters.Read($"spec.sites[{pair.Spec.Sites.IndexOf(theirs)}].letter", theirs.Letter, key, pair.Metadata.Name!, site, theirs.Name, record);
        return new CarriedLetter(letter, key, refusal, MayWrite: true);
    }

    private async Task<(byte[]? Key, Refusal? Problem)> KeyAsync(DisasterRecoveryPair pair, CancellationToken cancellation)
    {
        if (pair.Spec.Letters is not { KeySecret: var name }) return (null, null);
        var secret = await client.GetAsync<V1Secret>(name, pair.Metadata.Namespace, cancellation);
        if (secret is null) return (null, Missing($"the Secret {name} is missing: make it, the same at both sites"));
        return secret.Data?.GetValueOrDefault(KeyField) is { Length: >= MinimumKeyBytes } key ? (key, null) : (null, Missing($"the Secret {name} has no key {KeyField} of {MinimumKeyBytes} bytes or more"));
    }

    private static Refusal Missing(string what) => new("LetterKeyMissing", $"spec.letters.keySecret: {what}");
}
