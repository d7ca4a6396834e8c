using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using static Tandem.Tests.Protocol.Handover.PairSample;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>A letter that is not for this site counts as none, and says why by the field's name.</summary>
public sealed class LettersTests
{
    private const string Field = "spec.sites[0].letter";

    private static (PairLetter? Letter, Refusal? Problem) Read(string? text, PairRecord? mine = null) => Letters.Read(Field, text, null, "orders", "west", "east", mine);

    private static string Written(string pair = "orders", string site = "east", string? uid = "uid") => PairLetterCodec.Encode(PairLetter.Of(pair, site, Record(PairRole.Primary) with { PairUid = uid }));

    [Fact]
    public void One_for_this_site_is_read_before_the_founding_too()
    {
        Assert.Equal("east", Read(Written()).Letter!.Site);
        Assert.Null(Read(Written(), Record(PairRole.Standby) with { PairUid = "uid" }).Problem);
        Assert.Equal((null, null), Read(null));
    }

    [Theory]
    [InlineData("stock", "east", "uid", "is of the pair stock")]
    [InlineData("orders", "west", "uid", "is this site's own letter")]
    [InlineData("orders", "north", "uid", "is of site north")]
    [InlineData("orders", "east", "other", "was founded apart")]
    public void A_letter_at_the_wrong_place_moves_nothing(string pair, string site, string uid, string says)
    {
        var (letter, problem) = Read(Written(pair, site, uid), Record(PairRole.Standby) with { PairUid = "uid" });
        Assert.Null(letter);
        Assert.Equal("LetterMisplaced", problem!.Reason);
        Assert.StartsWith(Field, problem.Message, StringComparison.Ordinal);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_not_whole_names_the_field()
    {
        var (letter, problem) = Read(Written()[..^3]);
        Assert.Null(letter);
        Assert.Equal("LetterUnreadable", problem!.Reason);
        Assert.StartsWith($"{Field}: was cut off", problem.Message, StringComparison.Ordinal);
    }
}
