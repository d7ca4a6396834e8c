using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Arbitration;

/// <summary>
/// What stands at a pair's arbiter: which site may be writable, at which pair epoch, and when it last said so (protocol, section 5). Changed by compare-and-swap alone.
/// Its times are the holder's; nobody else's clock is measured by them: whoever waits for it to run out counts, by its own clock, how long it has stood still.
/// </summary>
/// <param name="Pair">UID of the pair: a record of another one is refused.</param>
/// <param name="Holder">Name of the site; null: given up, nobody is waited for.</param>
/// <param name="Duration">How long it must have stood still before the other site may take it.</param>
/// <param name="Generation">Of the binding that it was written under: a site that has given the lease up takes it again only by a newer one, or a straggler could write it in for a site that has left.</param>
/// <param name="Nonce">Of the holder's last renewal.</param>
/// <param name="SettledBy">Of a swap by somebody else that was made for its own sake. It must differ from what stood there: an API server keeps the version of an object that is written as it is.</param>
public sealed record ArbiterRecord(string Pair, PairEpoch PairEpoch, string? Holder, TimeSpan Duration, DateTimeOffset RenewedAt, long Generation, string Nonce, string? SettledBy = null)
{
    /// <summary>Format that this code writes. A record of a higher one is read by nobody who knows less.</summary>
    public const int CurrentFormat = 1;

    public string Encode() => JsonSerializer.Serialize(
        new ArbiterDocument(CurrentFormat, Pair, PairEpoch.ToString(), Holder, (long)Duration.TotalMilliseconds, RenewedAt, Generation, Nonce, SettledBy), ArbiterJson.Default.ArbiterDocument);

    /// <exception cref="FormatException">The text is no such record, or one of a later version.</exception>
    public static ArbiterRecord Decode(string text)
    {
        try
        {
            var document = JsonSerializer.Deserialize(text, ArbiterJson.Default.ArbiterDocument) ?? throw new FormatException("the arbiter's record is null");
            if (document.Format > CurrentFormat) throw new FormatException($"the arbiter's record has format {document.Format}, this version knows {CurrentFormat}");
            return new ArbiterRecord(document.Pair, PairEpoch.Parse(document.PairEpoch), document.Holder, TimeSpan.FromMilliseconds(document.DurationMilliseconds), document.RenewedAt, document.Generation, document.Nonce, document.SettledBy);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the arbiter's record is not readable at {exception.Path}", exception);
        }
    }
}

internal sealed record ArbiterDocument(int Format, string Pair, string PairEpoch, string? Holder, long DurationMilliseconds, DateTimeOffset RenewedAt, long Generation, string Nonce, string? SettledBy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(ArbiterDocument))]
internal sealed partial class ArbiterJson : JsonSerializerContext;
