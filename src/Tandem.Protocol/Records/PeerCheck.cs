using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// The question of an agent that is about to start read-write at a site that had no writable holder: what pair epoch does the other site's record show, now [S8]?
/// An agent has no way to the other site; it writes the question, with a fresh nonce, as an annotation of the pair record's Lease, and the operator answers
/// from a read that it begins after it saw the question. An answer to any other nonce is void.
/// </summary>
public sealed record PeerCheckRequest(string Nonce, string Incarnation)
{
    /// <summary>Annotation on the pair record's Lease; written by merge patch, so that it takes no part in swaps of the record itself.</summary>
    public const string Annotation = "tandem.dev/peer-check";

    public string Encode() => JsonSerializer.Serialize(this, PeerCheckJson.Default.PeerCheckRequest);

    public static PeerCheckRequest? Decode(string? text) => AnnotationText.Decode(text, PeerCheckJson.Default.PeerCheckRequest);
}

/// <summary>
/// The answer.
/// </summary>
/// <param name="Nonce">Of the question.</param>
/// <param name="Readable">Whether the other site's record could be read at all; false: <c>PeerUnknown</c>.</param>
/// <param name="PairEpoch">The other site's, as <c>number@site</c>.</param>
/// <param name="Message">Why not readable, in a sentence.</param>
public sealed record PeerCheckAnswer(string Nonce, bool Readable, string? PairEpoch, string? Message)
{
    public const string Annotation = "tandem.dev/peer-check-answer";

    public string Encode() => JsonSerializer.Serialize(this, PeerCheckJson.Default.PeerCheckAnswer);

    public static PeerCheckAnswer? Decode(string? text) => AnnotationText.Decode(text, PeerCheckJson.Default.PeerCheckAnswer);

    /// <summary>Whether a server may start at <paramref name="mine"/>, by this answer to <paramref name="nonce"/>: the other site was read, and knows of nothing higher [S8].</summary>
    public bool Allows(string nonce, PairEpoch mine) => Nonce == nonce && Readable && PairEpoch is { } theirs && Resources.Values.PairEpoch.Parse(theirs) <= mine;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PeerCheckRequest))]
[JsonSerializable(typeof(PeerCheckAnswer))]
internal sealed partial class PeerCheckJson : JsonSerializerContext;
