using Microsoft.Extensions.Logging;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent;

/// <summary>Every message of the agent. No secret is ever a parameter here.</summary>
internal static partial class Log
{
    // ---- the record ----
    [LoggerMessage(100, LogLevel.Information, "Record swapped ({Purpose}): epoch {Epoch}, {State}, holder {Holder}")]
    public static partial void Swapped(ILogger logger, string purpose, Epoch epoch, RecordState state, string holder);

    [LoggerMessage(101, LogLevel.Warning, "Swap of the record ({Purpose}) has no known outcome: {Message}")]
    public static partial void SwapUnknown(ILogger logger, string purpose, string message);

    [LoggerMessage(102, LogLevel.Error, "Swap of the record ({Purpose}) refused by the API, {StatusCode}: {Message}")]
    public static partial void SwapRefused(ILogger logger, string purpose, int statusCode, string message);

    [LoggerMessage(103, LogLevel.Warning, "API server unreachable: {Message}")]
    public static partial void ApiUnreachable(ILogger logger, string message);

    // ---- decisions and their outcome ----
    [LoggerMessage(200, LogLevel.Information, "{Action}: {Reason}: {Message}")]
    public static partial void Acting(ILogger logger, string action, string reason, string message);

    [LoggerMessage(201, LogLevel.Information, "{Action} done in {Milliseconds} ms")]
    public static partial void Acted(ILogger logger, string action, long milliseconds);

    [LoggerMessage(202, LogLevel.Warning, "{Action} failed after {Milliseconds} ms: {Reason}: {Message}")]
    public static partial void ActFailed(ILogger logger, string action, long milliseconds, string reason, string message);

    [LoggerMessage(203, LogLevel.Error, "The loop failed and goes on: {Message}")]
    public static partial void LoopFailed(ILogger logger, Exception exception, string message);

    [LoggerMessage(204, LogLevel.Information, "{Action} cut short: {Reason}")]
    public static partial void ActCutShort(ILogger logger, string action, string reason);

    [LoggerMessage(205, LogLevel.Information, "Suspicion: {Reason}: {Message}")]
    public static partial void Suspecting(ILogger logger, string reason, string message);

    [LoggerMessage(206, LogLevel.Information, "Election at epoch {Epoch}: {Reason}: {Message}")]
    public static partial void Electing(ILogger logger, Epoch epoch, string reason, string message);

    [LoggerMessage(207, LogLevel.Information, "Held: {Reason}: {Message}")]
    public static partial void Held(ILogger logger, string reason, string message);

    // ---- the server ----
    [LoggerMessage(300, LogLevel.Warning, "The server ended by itself (exit code {ExitCode}); {Restarts} restarts within the window")]
    public static partial void ServerCrashed(ILogger logger, int? exitCode, int restarts);

    [LoggerMessage(301, LogLevel.Critical, "Self-fence: neither the API server nor the members vouched for epoch {Epoch} in time; the server was killed")]
    public static partial void SelfFenced(ILogger logger, Epoch epoch);

    [LoggerMessage(302, LogLevel.Information, "Promised epoch {Epoch}; log sealed at {Position}")]
    public static partial void Promised(ILogger logger, Epoch epoch, string position);

    [LoggerMessage(307, LogLevel.Warning, "The own database does not say whose reign timeline {Timeline} is: {Message}")]
    public static partial void LineageUnknown(ILogger logger, TimelineId timeline, string message);

    [LoggerMessage(308, LogLevel.Information, "The arbiter's lease is held at pair epoch {PairEpoch}")]
    public static partial void ArbiterHeld(ILogger logger, PairEpoch pairEpoch);

    [LoggerMessage(309, LogLevel.Warning, "The arbiter's lease is not held at pair epoch {PairEpoch}: {Reason}: {Message}")]
    public static partial void ArbiterNotHeld(ILogger logger, PairEpoch pairEpoch, string reason, string message);

    [LoggerMessage(303, LogLevel.Information, "Clients admitted at epoch {Epoch}: {Message}")]
    public static partial void Admitted(ILogger logger, Epoch epoch, string message);

    [LoggerMessage(304, LogLevel.Error, "The volume cannot be written: {Message}")]
    public static partial void StorageFailed(ILogger logger, string message);

    [LoggerMessage(305, LogLevel.Information, "{Action}: {Percent:0} % ({Bytes} bytes)")]
    public static partial void Progress(ILogger logger, string action, double percent, long bytes);

    [LoggerMessage(306, LogLevel.Warning, "Roles or the application's database are not as they should be, and are seen to again: {Message}")]
    public static partial void DatabaseNotEnsured(ILogger logger, string message);

    [LoggerMessage(310, LogLevel.Warning, "The record is rebuilt at epoch {Epoch}: {Message}")]
    public static partial void RecordRebuilt(ILogger logger, Epoch epoch, string message);

    [LoggerMessage(311, LogLevel.Warning, "This volume's data may be discarded, as spec.discardData names it: {Consent}")]
    public static partial void DiscardConsented(ILogger logger, string consent);

    // ---- links and sight ----
    [LoggerMessage(400, LogLevel.Debug, "No answer from the agent of {Instance}: {Message}")]
    public static partial void LinkFailed(ILogger logger, string instance, string message);

    [LoggerMessage(401, LogLevel.Warning, "Watch of {Kind} ended: {Message}")]
    public static partial void WatchEnded(ILogger logger, string kind, string message);

    [LoggerMessage(402, LogLevel.Information, "Service {Service} selects {Instance} at epoch {Epoch}")]
    public static partial void SelectorMoved(ILogger logger, string service, string instance, Epoch epoch);

    [LoggerMessage(403, LogLevel.Information, "Agent {Version} of {Instance} starts; volume {Volume}, promise {Promise}")]
    public static partial void Starting(ILogger logger, string version, string instance, string volume, Epoch promise);

    [LoggerMessage(404, LogLevel.Warning, "The specification is not obeyed: {Message}")]
    public static partial void SpecificationRefused(ILogger logger, string message);

    [LoggerMessage(405, LogLevel.Error, "No server to run: {Message}")]
    public static partial void EngineMissing(ILogger logger, string message);
}
