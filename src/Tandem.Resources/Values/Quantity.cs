using System.Globalization;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>
/// An amount as Kubernetes writes it: <c>16Mi</c>, <c>20Gi</c>, <c>500m</c>, <c>2</c>. Keeps its text, also where that is no quantity:
/// reading an object never fails for it, validation names it (<see cref="IsValid"/>). Never negative.
/// </summary>
[JsonConverter(typeof(QuantityConverter)), SchemaType("int-or-string"), Pattern(Expression), Length(1, 32)]
public readonly record struct Quantity(string Text)
{
    public const string Expression = @"^[0-9]{1,18}(\.[0-9]{1,9})?([eE][0-9]{1,2}|[KMGTPE]i|[mkMGTPE])?$";

    public bool IsValid => TryGet(out _);

    /// <exception cref="FormatException"><see cref="IsValid"/> is false.</exception>
    public decimal Value => TryGet(out var value) ? value : throw new FormatException($"'{Text}' is not a quantity (expected e.g. 16Mi, 20Gi, 500m)");

    /// <summary>The amount as whole bytes, rounded up; at most <see cref="long.MaxValue"/>.</summary>
    /// <exception cref="FormatException"><see cref="IsValid"/> is false.</exception>
    public long Bytes => (long)Math.Min(Math.Ceiling(Value), long.MaxValue);

    public bool TryGet(out decimal value)
    {
        value = 0;
        var text = (Text ?? "").AsSpan();
        var digits = text.IndexOfAnyExcept("0123456789.");
        if (digits < 0) digits = text.Length;
        if (digits == 0 || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        if (FactorOf(text[digits..]) is not { } factor || number > decimal.MaxValue / Math.Max(factor, 1)) return false;
        value = number * factor;
        return true;
    }

    public override string ToString() => Text ?? "";

    private static decimal? FactorOf(ReadOnlySpan<char> suffix) => suffix switch
    {
        "" => 1,
        "m" => 0.001m,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        "E" => 1_000_000_000_000_000_000,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        "Pi" => 1L << 50,
        "Ei" => 1L << 60,
        ['e' or 'E', .. var exponent] when int.TryParse(exponent, NumberStyles.None, CultureInfo.InvariantCulture, out var power) && power <= 20 => PowerOfTen(power),
        _ => null,
    };

    private static decimal PowerOfTen(int power)
    {
        var result = 1m;
        for (var i = 0; i < power; i++) result *= 10;
        return result;
    }
}
