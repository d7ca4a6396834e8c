using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Tests.Protocol.Records;

/// <summary>What a person carries between two sites without a link [S15]: all of it comes back, and a paste that is not whole is told from one that is.</summary>
public sealed class PairLetterCodecTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly HandoverToken Token = new(new SystemIdentifier(7300000000000000001), new TimelineId(4), new LogEnd(new PairEpoch(3, "east"), new Epoch(9), new Lsn(0x5A01E38)), new PairEpoch(3, "east"));

    private static PairRecord Record() => new()
    {
        PairEpoch = new PairEpoch(3, "east"), Role = PairRole.Primary, LastRequested = "west", PairUid = "uid", Nonce = "n1", WrittenAt = Now, Attempted = new SwitchoverAttempt(3, 1),
        Operation = new PairOperation("op1", PairOperationKind.Switchover, PairStep.Offer, "west", "east", Now, Now, Now, Now, Token),
        History = [new PairOutcome(PairOutcomeKind.Founded, null, new PairEpoch(1, "east"), Now), new PairOutcome(PairOutcomeKind.Revoked, new PairEpoch(2, "east"), new PairEpoch(3, "east"), Now, "op0")],
        Self = new SiteFacts { Host = "203.0.113.1", Port = 5432, Authority = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", Ready = true, ReadyAt = new PairEpoch(3, "east") },
        Peer = new PeerFacts { LastSeen = Now },
    };

    private static string Written(byte[]? key = null) => PairLetterCodec.Encode(PairLetter.Of("orders", "east", Record()), key);

    private static string Refused(string text, byte[]? key = null) => Assert.Throws<FormatException>(() => PairLetterCodec.Decode(text, key)).Message;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_that_is_for_the_other_site_comes_back(bool signed)
    {
        var key = signed ? Key : null;
        var letter = PairLetterCodec.Decode(Written(key), key);
        Assert.Equal(("orders", "east", new PairEpoch(3, "east")), (letter.Pair, letter.Site, letter.PairEpoch));
        Assert.Equal((Token, "uid", Now), (letter.Record.Operation!.Token, letter.Record.PairUid, letter.Record.WrittenAt));
        Assert.Equal(Record().Self, letter.Record.Self);
        // The last outcome alone, and nothing that is this site's own business.
        Assert.Equal(new PairEpoch(3, "east"), Assert.Single(letter.Record.History).To);
        Assert.Equal((null, null, ""), (letter.Record.Peer, letter.Record.Attempted, letter.Record.Nonce));
    }

    [Fact]
    public void The_same_record_is_the_same_text_and_fits_on_a_line()
    {
        Assert.Equal(Written(), Written());
        Assert.Matches("^[A-Za-z0-9._-]+$", Written());
        Assert.InRange(Written().Length, 100, 4096);
    }

    [Fact]
    public void What_was_folded_on_its_way_is_whole()
    {
        var text = Written();
        Assert.Equal("east", PairLetterCodec.Decode($"  {text[..40]}\n    {text[40..200]}\r\n {text[200..]}\n").Site);
    }

    [Fact]
    public void A_paste_that_was_cut_off_or_changed_is_refused_wherever_it_was()
    {
        var text = Written();
        for (var length = text.Length - 1; length > 0; length -= 17) Refused(text[..length]);
        for (var i = 0; i < text.Length; i += 13) Refused(text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..]);
        Assert.Contains("cut off or changed", Refused(text[..^5]), StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_key_only_what_it_has_signed_counts()
    {
        Assert.Contains("no key to test it by", Refused(Written(Key)), StringComparison.Ordinal);
        Assert.Contains("is not signed", Refused(Written(), Key), StringComparison.Ordinal);
        Assert.Contains("signed with another key", Refused(Written(Key), [.. Key.Reverse()]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "begin with tandem-letter.")]
    [InlineData("7300000000000000001:4:0/5A01E38:3@east", "copy the whole of status.letter")]
    [InlineData("tandem-letter.2.AAAA.AAAA", "upgrade Tandem")]
    [InlineData("tandem-letter.1.", "checksum")]
    [InlineData("tandem-letter.1.AAAA", "checksum")]
    public void What_is_no_letter_says_so(string text, string says) => Assert.Contains(says, Refused(text), StringComparison.Ordinal);

    [Fact]
    public void An_older_copy_is_no_news()
    {
        var letter = PairLetter.Of("orders", "east", Record());
        PeerFacts Heard(PairEpoch epoch, DateTimeOffset? asOf) => new() { LastSeen = Now, PairEpoch = epoch, AsOf = asOf };
        Assert.True(letter.IsNewsTo(null));
        Assert.True(letter.IsNewsTo(Heard(new PairEpoch(2, "west"), Now.AddHours(1))));
        Assert.True(letter.IsNewsTo(Heard(new PairEpoch(3, "east"), Now.AddSeconds(-1))));
        Assert.False(letter.IsNewsTo(Heard(new PairEpoch(3, "east"), Now)));
        Assert.False(letter.IsNewsTo(Heard(new PairEpoch(3, "west"), null)));
    }
}
