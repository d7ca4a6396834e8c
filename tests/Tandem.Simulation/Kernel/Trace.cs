using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tandem.Simulation.Kernel;

/// <summary>Who did what, in simulated time: a line each. Off unless somebody wants to read it.</summary>
public sealed class Trace(Events events, TextWriter? target)
{
    public bool IsOn => target is not null;

    /// <summary>Told of each rule by which anybody acted.</summary>
    public Action<string>? Acted { get; set; }

    public void Write(string who, string what)
    {
        if (target is null) return;
        var now = events.Now;
        target.Write(string.Create(CultureInfo.InvariantCulture, $"{now.TotalSeconds,9:0.0000}  {who,-14} "));
        target.WriteLine(what.ReplaceLineEndings(" | "));
    }
}

/// <summary>What simulated processes log goes into the trace.</summary>
internal sealed class TraceLogger(string name, Trace trace) : ILogger
{
    /// <summary>Events that tell by which rule somebody acts (or holds still), and the field that names it.</summary>
    private static readonly Dictionary<string, string> Rules = new(StringComparer.Ordinal) { ["Acting"] = "Action", ["Held"] = "Reason", ["Suspecting"] = "Reason", ["PairActing"] = "Reason" };

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && (trace.IsOn || trace.Acted is not null);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        if (trace.Acted is { } acted && Rules.TryGetValue(eventId.Name ?? "", out var field) && state is IReadOnlyList<KeyValuePair<string, object?>> fields
            && fields.FirstOrDefault(f => f.Key == field).Value is string rule) acted(rule);
        if (!trace.IsOn) return;
        var text = formatter(state, exception);
        trace.Write(name, exception is null || logLevel < LogLevel.Error ? text : $"{text}: {exception}");
    }
}

internal sealed class TraceLoggerFactory(string name, Trace trace) : ILoggerFactory
{
    private readonly TraceLogger _logger = new(name, trace);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => _logger;

    public void Dispose()
    {
    }
}
