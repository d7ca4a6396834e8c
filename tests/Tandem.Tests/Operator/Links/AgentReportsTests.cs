using System.Collections.Concurrent;
using Tandem.Operator.Certificates;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Links;
using Tandem.Tests.Operator.Host;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Links;

public sealed class AgentReportsTests
{
    private static readonly AgentCredentials Credentials = new(new KeyPair("client", "key"), "authority");

    [Fact]
    public async Task A_report_is_kept_and_grows_old_when_the_agent_falls_silent()
    {
        var (time, agents, heard) = (new ManualTimeProvider(), new FakeAgents(), new ConcurrentQueue<string>());
        await using var reports = new AgentReports(agents, time);
        reports.Heard += (_, cluster) => heard.Enqueue(cluster);
        agents.Reports["orders-1"] = Report("0/1000000");

        reports.Track("shop", "orders", [new AgentEndpoint("orders-1", "uid-1", "10.0.0.1")], Credentials);
        await Eventually.TrueAsync(() => reports.Latest("uid-1").Fresh is not null && !heard.IsEmpty);
        heard.Clear();

        agents.Reports.Clear();
        await SecondAsync(time, agents);
        await Eventually.TrueAsync(() => heard.Count == 1);
        Assert.Equal("connection refused", reports.Latest("uid-1").Silence);
        Assert.NotNull(reports.Latest("uid-1").Fresh);

        for (var second = 2; second <= 4; second++) await SecondAsync(time, agents);
        await Eventually.TrueAsync(() => heard.Count == 2);
        await SecondAsync(time, agents);
        Assert.Equal(2, heard.Count);
        Assert.Null(reports.Latest("uid-1").Fresh);
        Assert.NotNull(reports.Latest("uid-1").Report);
    }

    [Fact]
    public async Task A_pod_that_is_gone_is_asked_no_more_and_nothing_of_it_is_kept()
    {
        var (time, agents) = (new ManualTimeProvider(), new FakeAgents());
        await using var reports = new AgentReports(agents, time);
        agents.Reports["orders-1"] = Report("0/1000000");
        reports.Track("shop", "orders", [new AgentEndpoint("orders-1", "uid-1", "10.0.0.1")], Credentials);
        await Eventually.TrueAsync(() => reports.Latest("uid-1").Report is not null);

        reports.Track("shop", "orders", [new AgentEndpoint("orders-1", "uid-2", "10.0.0.2")], Credentials);

        Assert.Equal(HeardReport.Nothing, reports.Latest("uid-1"));
        await Eventually.TrueAsync(() => reports.Latest("uid-2").Report is not null);
    }

    /// <summary>An agent that was stopped answers with what it saw before that.</summary>
    [Fact]
    public async Task What_was_old_when_it_was_told_does_not_speak_of_the_present()
    {
        var (time, agents) = (new ManualTimeProvider(), new FakeAgents());
        await using var reports = new AgentReports(agents, time);
        agents.Reports["orders-1"] = Report("0/1000000") with { SeenAgoMilliseconds = 12_000 };

        reports.Track("shop", "orders", [new AgentEndpoint("orders-1", "uid-1", "10.0.0.1")], Credentials);
        await Eventually.TrueAsync(() => reports.Latest("uid-1").Report is not null);
        Assert.Null(reports.Latest("uid-1").Fresh);

        agents.Reports["orders-1"] = Report("0/1000000") with { SeenAgoMilliseconds = 200 };
        await SecondAsync(time, agents);
        await Eventually.TrueAsync(() => reports.Latest("uid-1").Fresh is not null);
        Assert.False(ReportShape.Differs(agents.Reports["orders-1"], Report("0/1000000")));
    }

    [Fact]
    public void An_older_agents_report_lacks_what_came_later_and_is_read_all_the_same()
    {
        AgentReport Read() => System.Text.Json.JsonSerializer.Deserialize("""{"instance":"orders-1","version":"0.0.9","state":"running"}""", AgentReportJson.Default.AgentReport)!;
        Assert.False(ReportShape.Differs(Read(), Read()));
        Assert.Empty(Read().RefusedParameters);
    }

    [Fact]
    public void Positions_are_no_other_shape()
    {
        Assert.False(ReportShape.Differs(Report("0/1000000"), Report("0/2000000")));
        Assert.True(ReportShape.Differs(Report("0/1000000"), Report("0/1000000") with { State = "held" }));
        Assert.True(ReportShape.Differs(Report("0/1000000"), Report("0/1000000") with { PendingRestart = ["shared_buffers"] }));
        Assert.True(ReportShape.Differs(null, Report("0/1000000")));
    }

    /// <summary>A second passes, and the agent is asked once more in it.</summary>
    private static async Task SecondAsync(ManualTimeProvider time, FakeAgents agents)
    {
        var before = agents.Asked;
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => agents.Asked > before);
    }

    private static AgentReport Report(string lsn) => new() { Instance = "orders-1", Version = "0.1.0", State = "running", Flushed = lsn, Senders = [new SenderReport("a", "streaming", lsn, lsn, lsn, lsn, "quorum", 1, null)] };
}
