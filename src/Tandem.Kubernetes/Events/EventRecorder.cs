using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Events;

/// <summary>
/// Writes Events from a queue of its own (<see cref="RunAsync"/>): what repeats is counted up, what differs in the message alone is combined beyond a limit, and an
/// object that has very many loses some. Needs the rights to create and patch events.
/// </summary>
public sealed class EventRecorder : IEventRecorder
{
    private const int LongestMessage = 1024; // the API's bound

    private readonly IKubernetesClient _client;
    private readonly EventRecorderOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly EventCorrelator _correlator;
    private readonly Channel<EventOccurrence> _waiting;
    private int _dropped;

    public EventRecorder(IKubernetesClient client, EventRecorderOptions options, TimeProvider time, Random random, ILogger logger)
    {
        (_client, _options, _time, _random, _logger) = (client, options, time, random, logger);
        _correlator = new EventCorrelator(options, time);
        _waiting = Channel.CreateBounded<EventOccurrence>(new BoundedChannelOptions(options.Capacity) { SingleReader = true });
    }

    public void Normal(IKubernetesObject regarding, string reason, string message) => Record(regarding, "Normal", reason, message);

    public void Warning(IKubernetesObject regarding, string reason, string message) => Record(regarding, "Warning", reason, message);

    private void Record(IKubernetesObject regarding, string type, string reason, string message)
    {
        try
        {
            var text = message.Length <= LongestMessage ? message : message[..(LongestMessage - 1)] + "…";
            if (!_waiting.Writer.TryWrite(new EventOccurrence(EventObject.Of(regarding), type, reason, text, _time.GetUtcNow()))) Interlocked.Increment(ref _dropped);
        }
        catch (Exception e)
        {
            Log.EventNotWritten(_logger, reason, regarding?.Metadata?.Name ?? "?", e.Message); // whoever tells of a failover must not fail by telling
        }
    }

    /// <summary>Writes until <paramref name="stopping"/>, then what is still waiting, without retries and within <see cref="EventRecorderOptions.FlushTimeout"/>.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stopping))
            {
                while (_waiting.Reader.TryRead(out var occurrence)) await WriteAsync(occurrence, _options.Attempts, stopping);
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped) Log.EventsDropped(_logger, dropped);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        using var deadline = new CancellationTokenSource(_options.FlushTimeout, _time);
        try
        {
            while (_waiting.Reader.TryRead(out var occurrence) && await WriteAsync(occurrence, attempts: 1, deadline.Token)) { }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<bool> WriteAsync(EventOccurrence occurrence, int attempts, CancellationToken cancellation)
    {
        if (_correlator.Count(occurrence) is not { } series)
        {
            Interlocked.Increment(ref _dropped);
            return true;
        }
        for (var attempt = 1; ; attempt++)
        {
            var failure = await TryWriteAsync(series, cancellation);
            if (failure is null) return true;
            if (attempt >= attempts)
            {
                Log.EventNotWritten(_logger, occurrence.Reason, occurrence.Object.ToString(), failure);
                return false;
            }
            await Task.Delay(_options.RetryDelay * attempt, _time, cancellation);
        }
    }

    /// <returns>Null when it is written, or never will be; else why another attempt is worth it.</returns>
    private async Task<string?> TryWriteAsync(EventSeries series, CancellationToken cancellation)
    {
        try
        {
            return await WriteAsync(series, cancellation) switch
            {
                SwapResult<CoreV1Event>.Applied => null,
                SwapResult<CoreV1Event>.Refused { StatusCode: not (401 or 429) } refused => Refused(series, refused.Message),
                var other => other.ToString(),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            return e.Message;
        }
    }

    /// <summary>For example because its namespace is going.</summary>
    private string? Refused(EventSeries series, string message)
    {
        Log.EventNotWritten(_logger, series.Key.Reason, series.Key.Object.ToString(), message);
        return null;
    }

    private async Task<SwapResult<CoreV1Event>> WriteAsync(EventSeries series, CancellationToken cancellation)
    {
        if (series.IsWritten)
        {
            var patched = await _client.PatchAsync<CoreV1Event>(series.Name!, Namespace(series), Patch(series), cancellation);
            if (patched is not SwapResult<CoreV1Event>.Absent) return patched;
            series.Name = null; // the API lets go of events after a while
        }
        series.Name ??= NewName(series);
        var created = await _client.CreateAsync(Event(series), cancellation);
        series.IsWritten = created is SwapResult<CoreV1Event>.Applied or SwapResult<CoreV1Event>.Conflict;
        if (created is not SwapResult<CoreV1Event>.Conflict) return created;
        return await _client.PatchAsync<CoreV1Event>(series.Name, Namespace(series), Patch(series), cancellation); // an earlier attempt did land
    }

    private string NewName(EventSeries series)
    {
        int salt;
        lock (_random) salt = _random.Next();
        return string.Create(CultureInfo.InvariantCulture, $"{series.Key.Object.Name}.{series.First.UtcTicks:x}{salt:x8}");
    }

    /// <summary>Events of what lives in no namespace are kept in <c>default</c>.</summary>
    private static string Namespace(EventSeries series) => series.Key.Object.Namespace ?? "default";

    private CoreV1Event Event(EventSeries series) => new()
    {
        Metadata = new V1ObjectMeta { Name = series.Name, Namespace = Namespace(series) },
        InvolvedObject = series.Key.Object.Reference(),
        Type = series.Key.Type,
        Reason = series.Key.Reason,
        Message = series.Message,
        Source = new V1EventSource { Component = _options.Component, Host = _options.Instance },
        ReportingComponent = _options.Component,
        ReportingInstance = _options.Instance,
        FirstTimestamp = series.First,
        LastTimestamp = series.Last,
        Count = series.Count,
        Series = Series(series),
    };

    private static CoreV1EventSeries? Series(EventSeries series) => series.Count > 1 ? new CoreV1EventSeries { Count = series.Count, LastObservedTime = series.Last } : null;

    private static string Patch(EventSeries series) => KubernetesJson.Serialize(new EventPatch { Count = series.Count, LastTimestamp = series.Last, Message = series.Message, Series = Series(series) });
}
