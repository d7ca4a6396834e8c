using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Resources.Values.Json;

/// <summary>A value that is one JSON string.</summary>
public abstract class TextConverter<T> : JsonConverter<T>
{
    protected abstract T FromText(string text);
    protected abstract string ToText(T value);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return FromText(reader.GetString()!);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(ToText(value));
}

public sealed class LsnConverter : TextConverter<Lsn>
{
    protected override Lsn FromText(string text) => Lsn.Parse(text);
    protected override string ToText(Lsn value) => value.ToString();
}

public sealed class PairEpochConverter : TextConverter<PairEpoch>
{
    protected override PairEpoch FromText(string text) => PairEpoch.Parse(text);
    protected override string ToText(PairEpoch value) => value.ToString();
}

public sealed class IncarnationConverter : TextConverter<Incarnation>
{
    protected override Incarnation FromText(string text) => Incarnation.Parse(text);
    protected override string ToText(Incarnation value) => value.ToString();
}

/// <summary>As text: the API's integers end at 2^63, and many readers' at 2^53.</summary>
public sealed class SystemIdentifierConverter : TextConverter<SystemIdentifier>
{
    protected override SystemIdentifier FromText(string text) => new(ulong.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
    protected override string ToText(SystemIdentifier value) => value.ToString();
}
