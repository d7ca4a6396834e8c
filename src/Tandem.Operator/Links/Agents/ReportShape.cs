using Tandem.Protocol.Links;

namespace Tandem.Operator.Links.Agents;

/// <summary>A report without its positions and ages, which change with every write: two reports of one shape tell one story.</summary>
public static class ReportShape
{
    public static bool Differs(AgentReport? before, AgentReport? now)
    {
        if (before is null || now is null) return !ReferenceEquals(before, now);
        return Strip(before) != Strip(now)
            || !before.PendingRestart.SequenceEqual(now.PendingRestart)
            || !before.RefusedParameters.SequenceEqual(now.RefusedParameters)
            || !before.Senders.Select(Strip).SequenceEqual(now.Senders.Select(Strip));
    }

    private static AgentReport Strip(AgentReport report) => report with
    {
        SeenAgoMilliseconds = null,
        RecordAgeMilliseconds = null,
        Progress = null,
        Written = null,
        Flushed = null,
        Replayed = null,
        ReplayDelayMilliseconds = null,
        RemoteSilentMilliseconds = report.RemoteSilentMilliseconds is null ? null : 0,
        Senders = [],
        PendingRestart = [],
        RefusedParameters = [],
    };

    private static SenderReport Strip(SenderReport sender) => sender with { Sent = null, Write = null, Flush = null, Replay = null };
}
