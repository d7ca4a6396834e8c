using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tandem.Agent.Hosting;

/// <summary>One line per message on standard output: time, level, text. The framework's console logger brings queues and formatters that a small agent need not carry.</summary>
internal sealed class LineLoggerProvider(TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(time);

    public void Dispose()
    {
    }

    private sealed class LineLogger(TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var text = $"{time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)} {logLevel.ToString().ToUpperInvariant()} {formatter(state, exception)}";
            Console.Out.WriteLine(exception is null || logLevel < LogLevel.Error ? text : $"{text}{Environment.NewLine}{exception}");
        }
    }
}
