using Tandem.Protocol.Synchrony;

namespace Tandem.Tests.Protocol.Synchrony;

public sealed class StandbyNamesTests
{
    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("ANY 2 (a, b, c)", 2, 3)]
    [InlineData("ANY 1 (tandem_nobody)", 1, 1)]
    public void A_setting_comes_back_as_it_was_written(string text, int acknowledgements, int names)
    {
        var read = StandbyNames.Parse(text);
        Assert.Equal((acknowledgements, names, text), (read.Acknowledgements, read.Names.Count, read.ToString()));
    }

    [Theory]
    [InlineData("FIRST 1 (a)")]
    [InlineData("ANY (a)")]
    [InlineData("ANY 1 a")]
    public void What_is_not_ours_is_not_read(string text) => Assert.Throws<FormatException>(() => StandbyNames.Parse(text));
}
