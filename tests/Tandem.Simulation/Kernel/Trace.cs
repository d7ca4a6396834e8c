using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tandem.Simulation.Kernel;

/// <summary>Who did what, in simulated time: a line each. Off unless somebody wants to read it.</summary>
public sealed class Trace(Events events, TextWriter? target)
{
    public bool IsOn => target is not null;

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
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => trace.IsOn && logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
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
