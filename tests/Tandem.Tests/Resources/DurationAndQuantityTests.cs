using System.Text.Json;
using Tandem.Resources.Values;

namespace Tandem.Tests.Resources;

public sealed class DurationAndQuantityTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("2s", 2_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("10m", 600_000)]
    [InlineData("1h30m", 5_400_000)]
    public void Duration_is_read_as_it_is_written(string text, long milliseconds)
    {
        Assert.Matches(Duration.Expression, text);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), new Duration(text).Value);
        Assert.Equal(text, new Duration(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("-2s")]
    [InlineData("2 s")]
    [InlineData("s")]
    [InlineData("1d")]
    [InlineData("1..5s")]
    public void What_is_no_duration_is_kept_and_said(string text)
    {
        Assert.DoesNotMatch(Duration.Expression, text);
        Assert.False(new Duration(text).IsValid);
        Assert.Throws<FormatException>(() => new Duration(text).Value);
    }

    [Theory]
    [InlineData("16Mi", 16L << 20)]
    [InlineData("20Gi", 20L << 30)]
    [InlineData("20G", 20_000_000_000)]
    [InlineData("1.5Ki", 1536)]
    [InlineData("2", 2)]
    [InlineData("0", 0)]
    [InlineData("1e3", 1000)]
    [InlineData("500m", 1)]
    public void Quantity_gives_bytes_rounded_up(string text, long bytes)
    {
        Assert.Matches(Quantity.Expression, text);
        Assert.Equal(bytes, new Quantity(text).Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1Gi")]
    [InlineData("20GB")]
    [InlineData("twenty")]
    [InlineData("1 Gi")]
    [InlineData("Gi")]
    public void What_is_no_quantity_is_kept_and_said(string text)
    {
        Assert.DoesNotMatch(Quantity.Expression, text);
        Assert.False(new Quantity(text).IsValid);
    }

    [Fact]
    public void Quantity_beyond_all_bounds_is_a_value_still()
    {
        Assert.Equal(long.MaxValue, new Quantity("900Ei").Bytes);
        Assert.Equal(0.5m, new Quantity("500m").Value);
    }

    [Fact]
    public void Quantity_reads_a_number_as_kubectl_sends_it()
    {
        Assert.Equal(new Quantity("2"), JsonSerializer.Deserialize<Quantity>("2"));
        Assert.Equal("\"2\"", JsonSerializer.Serialize(new Quantity("2")));
    }
}
