using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Watching;

namespace Tandem.Operator;

/// <summary>Messages of the pair's part and of its link.</summary>
internal static partial class Log
{
    [LoggerMessage(200, LogLevel.Information, "pair {Pair}, operation {Operation}: {Reason}: {Message}")]
    public static partial void PairActing(ILogger logger, ResourceKey pair, string operation, string reason, string message);

    [LoggerMessage(201, LogLevel.Warning, "pair {Pair}: a write of the {Record} was not applied: {Outcome}")]
    public static partial void PairWriteFailed(ILogger logger, ResourceKey pair, string record, string outcome);

    [LoggerMessage(202, LogLevel.Information, "pair {Pair}: {Condition} is {Status}: {Reason}: {Message}")]
    public static partial void PairTransition(ILogger logger, ResourceKey pair, string condition, string status, string reason, string message);

    [LoggerMessage(203, LogLevel.Information, "pair {Pair}: an agent asks for the other site's pair epoch, question {Nonce}: readable {Readable}, {PairEpoch}")]
    public static partial void PeerCheckAnswered(ILogger logger, ResourceKey pair, string nonce, bool readable, string? pairEpoch);

    [LoggerMessage(204, LogLevel.Information, "pair {Pair}: the application's Secret {Secret} is copied from the other site")]
    public static partial void CredentialsCopied(ILogger logger, ResourceKey pair, string secret);

    [LoggerMessage(210, LogLevel.Warning, "pair {Pair}: the other site cannot be read: {Message}")]
    public static partial void LinkDown(ILogger logger, string pair, string message);

    [LoggerMessage(211, LogLevel.Information, "pair {Pair}: the other site can be read")]
    public static partial void LinkUp(ILogger logger, string pair);

    [LoggerMessage(212, LogLevel.Debug, "pair {Pair}: a request to the other site failed: {Message}")]
    public static partial void LinkFails(ILogger logger, string pair, string message);
}
