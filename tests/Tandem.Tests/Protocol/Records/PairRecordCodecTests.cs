using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Tests.Protocol.Records;

public sealed class PairRecordCodecTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly HandoverToken Token = new(new SystemIdentifier(ulong.MaxValue), new TimelineId(4), new LogEnd(new PairEpoch(2, "west"), new Epoch(9), new Lsn(0x5A01E38)), new PairEpoch(3, "east"));

    private static readonly PairRecord Full = new()
    {
        Format = PairRecord.SynchronousFormat, PairEpoch = new PairEpoch(3, "east"), Role = PairRole.Primary, State = PairRecordState.Dissolving, LastRequested = "west", Named = new Incarnation("a", "b", "c"), Synchronous = new SynchronousMark(new Incarnation("a", "b", "c"), true), PairUid = "uid", Nonce = "n1", Attempted = new SwitchoverAttempt(3, 2), WrittenAt = Now.AddSeconds(4),
        Operation = new PairOperation("op1", PairOperationKind.Switchover, PairStep.Offer, "west", "east", Now, Now.AddSeconds(1), Now.AddMinutes(2), Now.AddSeconds(30), Token),
        History =
        [
            new PairOutcome(PairOutcomeKind.Founded, null, new PairEpoch(1, "east"), Now),
            new PairOutcome(PairOutcomeKind.Consumed, new PairEpoch(1, "east"), new PairEpoch(2, "west"), Now, "op0", Token, "moved", Now.AddSeconds(-3), Carried: true),
        ],
        Self = new SiteFacts { Host = "203.0.113.1,203.0.113.2", Port = 5432, Authority = "-----BEGIN", SystemIdentifier = new SystemIdentifier(7), ServerVersion = 150018, Holder = "orders-1", ReplicationName = "orders_1_0123", Ready = true, ReadyAt = new PairEpoch(3, "east"), Reign = "3/east 7 a/b/c", Counts = "orders_2", HolderLost = true },
        Peer = new PeerFacts { LastSeen = Now, PairEpoch = new PairEpoch(3, "east"), Role = PairRole.Standby, Facts = new SiteFacts { Ready = false, NotReadyReason = "cloning" }, RecoveryPointBytes = 12, RecoveryPointSeconds = 0.2, AsOf = Now },
    };

    [Fact]
    public void Every_field_comes_back()
    {
        var back = PairRecordCodec.Decode(PairRecordCodec.Encode(Full));
        Assert.Equal(Full.History, back.History);
        Assert.Equal(Full with { History = [], Unknown = ImmutableDictionary<string, System.Text.Json.JsonElement>.Empty }, back with { History = [], Unknown = Full.Unknown });
    }

    [Fact]
    public void Fields_of_a_later_version_are_kept_and_its_format_forbids_to_swap()
    {
        var later = PairRecordCodec.Encode(Full).Replace("\"format\":2", "\"format\":9,\"arbiter\":{\"at\":\"third\"}", StringComparison.Ordinal);
        var record = PairRecordCodec.Decode(later);
        Assert.False(record.IsWritable);
        Assert.Contains("\"arbiter\":{\"at\":\"third\"}", PairRecordCodec.Encode(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "not readable")]
    [InlineData("{}", "no pairEpoch")]
    [InlineData("""{"pairEpoch":"east","role":"Primary","lastRequested":"east"}""", "pair epoch")]
    [InlineData("""{"pairEpoch":"1@east","lastRequested":"east"}""", "no role")]
    [InlineData("""{"pairEpoch":"1@east","role":"Boss","lastRequested":"east"}""", "role")]
    [InlineData("""{"pairEpoch":"1@east","role":"Primary"}""", "no lastRequested")]
    public void What_is_no_record_is_refused_by_name(string text, string names) =>
        Assert.Contains(names, Assert.Throws<FormatException>(() => PairRecordCodec.Decode(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_answer_counts_for_its_own_question_alone()
    {
        var answer = PeerCheckAnswer.Decode(new PeerCheckAnswer("n1", true, "3@west", null).Encode())!;
        Assert.False(answer.Allows("n1", new PairEpoch(3, "east")));
        Assert.True(answer.Allows("n1", new PairEpoch(3, "west")));
        Assert.True(answer.Allows("n1", new PairEpoch(4, "east")));
        Assert.False(answer.Allows("n2", new PairEpoch(4, "east")));
        Assert.False((answer with { Readable = false }).Allows("n1", new PairEpoch(4, "east")));
        Assert.Null(PeerCheckAnswer.Decode("no json"));
        Assert.Equal(new PeerCheckRequest("n", "i"), PeerCheckRequest.Decode(new PeerCheckRequest("n", "i").Encode()));
    }
}
