using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Records;

public sealed class RecordCodecTests
{
    [Fact]
    public void A_record_comes_back_as_it_was_written()
    {
        var record = Record(7, B, Clause(6, A, 1, B, C), Clause(7, B, 1, C)) with
        {
            State = new RecordState.HandingOver(C, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
            RunMode = RunMode.Standby,
            PairEpoch = new PairEpoch(3, "east"),
            ElectedEnd = At(5),
            GivenBy = A,
            Run = new RunIdentity("container", "nonce"),
            Lsn = At(6),
            Floor = new LogEnd(new PairEpoch(2, "west"), new Epoch(4), At(3)),
            Suspect = new Suspicion("n", A),
            Nonce = "abc",
            Demoted = new DemotionToken(new SystemIdentifier(42), new TimelineId(3), At(9), new PairEpoch(3, "east")),
            RenewTime = new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero),
            Remote = new RemoteStandby(C, new PairEpoch(3, "east"), true, true),
            Named = B,
        };
        var lease = RecordLease.New("orders", "shop", record);
        var read = RecordLease.Read(lease);
        Assert.Equal(RecordCodec.Encode(record), RecordCodec.Encode(read));
        Assert.Equal(record.Epoch, read.Epoch);
        Assert.Equal(record.State, read.State);
        Assert.Equal(record.Quorums, read.Quorums);
        Assert.Equal((record.Remote, record.Named, PrimaryRecord.SynchronousPairFormat), (read.Remote, read.Named, read.Format));
    }

    [Fact]
    public void A_remembered_record_comes_back_without_what_passes()
    {
        var record = Record(7, B, Clause(6, A, 1, B, C)) with { Revision = 12, Run = new RunIdentity("container", "nonce"), Suspect = new Suspicion("n", A), RenewTime = DateTimeOffset.UnixEpoch, ElectedEnd = At(5), Uid = "", ResourceVersion = "" };
        var read = RecordCodec.DecodeRemembered(RecordCodec.EncodeRemembered(record));
        Assert.True(read.SaysTheSameAs(record));
        Assert.Equal((7, 12), (read.Epoch.Value, read.Revision));
        Assert.Null(read.Run);
        Assert.Null(read.Suspect);
        Assert.Throws<FormatException>(() => RecordCodec.DecodeRemembered("{"));
    }

    [Fact]
    public void Fields_of_a_newer_version_survive_a_swap()
    {
        var lease = RecordLease.New("orders", "shop", Record(1, A));
        var annotations = lease.Metadata.Annotations!;
        annotations["tandem.dev/record"] = annotations["tandem.dev/record"].Replace("{\"format\":1", "{\"format\":9,\"invented\":{\"later\":true}", StringComparison.Ordinal);
        var read = RecordLease.Read(lease);
        Assert.False(read.IsWritable);
        Assert.Contains("\"invented\":{\"later\":true}", RecordLease.Write(lease, read).Metadata.Annotations!["tandem.dev/record"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "record is not readable")]
    [InlineData("""{"format":1,"state":"Dreaming"}""", "Dreaming")]
    [InlineData("""{"format":1,"state":"HandingOver"}""", "target")]
    [InlineData("""{"format":1,"members":["orders-1"]}""", "orders-1")]
    public void A_record_that_cannot_be_read_says_why(string json, string part)
    {
        var lease = new V1Lease { Metadata = new V1ObjectMeta { Name = "orders", Annotations = new Dictionary<string, string> { ["tandem.dev/record"] = json } }, Spec = new V1LeaseSpec() };
        Assert.Contains(part, Assert.Throws<FormatException>(() => RecordLease.Read(lease)).Message, StringComparison.Ordinal);
    }
}
