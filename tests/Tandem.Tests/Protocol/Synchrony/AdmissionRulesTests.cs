using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Synchrony;

public sealed class AdmissionRulesTests
{
    private static readonly Lsn OwnRecord = At(10);

    [Fact]
    public void Clients_wait_until_k_have_flushed_a_record_of_the_own_epoch() // [C1]
    {
        Assert.NotNull(Judge((B.ReplicationName, new Lsn(OwnRecord.Value - 1))));
        Assert.Null(Judge((B.ReplicationName, OwnRecord)));
    }

    [Fact]
    public void A_flush_under_another_name_counts_for_nothing() => Assert.NotNull(Judge(("tandem_clone", At(99)), ("orders_2", At(99))));

    [Fact]
    public void Required_does_not_admit_alone_preferred_and_asynchronous_do()
    {
        Assert.NotNull(AdmissionRules.Judge(Clause(1, A, 0), Quorum, [], new Dictionary<string, Lsn?>(), OwnRecord));
        Assert.Null(AdmissionRules.Judge(Clause(1, A, 0), Quorum with { Preferred = true }, [], new Dictionary<string, Lsn?>(), OwnRecord));
        Assert.Null(AdmissionRules.Judge(Clause(1, A, 0), Asynchronous, [], new Dictionary<string, Lsn?>(), OwnRecord));
    }

    [Fact] // [C2]
    public void Nobody_comes_in_while_one_of_the_set_streams_who_does_not_know_the_reign()
    {
        var flushed = new Dictionary<string, Lsn?> { [B.ReplicationName] = OwnRecord };
        StandbyHealth aware = new(B, Streaming: true, 0, TimeSpan.Zero), unaware = new(C, Streaming: false, 0, TimeSpan.Zero, Unaware: true);
        Assert.Null(AdmissionRules.Judge(Clause(1, A, 1, B, C), Quorum, [aware, unaware with { Unaware = false }], flushed, OwnRecord));
        Assert.Contains("orders-3", AdmissionRules.Judge(Clause(1, A, 1, B, C), Quorum, [aware, unaware], flushed, OwnRecord)!.Message);
        Assert.Null(AdmissionRules.Judge(Clause(1, A, 1, B), Quorum, [aware, unaware], flushed, OwnRecord));
    }

    [Fact]
    public void Without_a_clause_of_the_reign_nobody_comes_in() => Assert.NotNull(AdmissionRules.Judge(null, Asynchronous, [], new Dictionary<string, Lsn?>(), OwnRecord));

    private static AdmissionProblem? Judge(params (string Name, Lsn Flush)[] flushed) =>
        AdmissionRules.Judge(Clause(2, A, 1, B, C), Quorum, [], flushed.ToDictionary(f => f.Name, f => (Lsn?)f.Flush), OwnRecord);
}
