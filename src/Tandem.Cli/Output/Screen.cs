using Spectre.Console;

namespace Tandem.Cli.Output;

/// <summary>Where a verb writes: colours on a terminal, plain text elsewhere; results to standard output, what goes on to standard error.</summary>
public sealed class Screen(IAnsiConsole results, TextWriter progress, Func<string, string?>? ask = null)
{
    /// <summary>Tables are as wide as what is in them; a terminal wraps lines by itself.</summary>
    private const int Wide = 10_000;

    public static Screen OfTerminal()
    {
        var isTerminal = !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        console.Profile.Width = Wide;
        return new Screen(console, Console.Error, Console.IsInputRedirected ? null : Ask);
    }

    /// <summary>Without colours, for tests and pipes.</summary>
    public static Screen Plain(TextWriter results, TextWriter progress, Func<string, string?>? ask = null)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(results) });
        console.Profile.Width = Wide;
        return new Screen(console, progress, ask);
    }

    public void Line(string text, Style? style = null)
    {
        results.Write(new Text(text, style));
        results.WriteLine();
    }

    /// <summary>Columns under headings, as kubectl prints them.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell.Text, cell.Style)));
        results.Write(table);
    }

    public void Progress(string text) => progress.WriteLine(text);

    /// <summary>Has the name of what is to change typed: what was said before it has to be read at least that far.</summary>
    /// <param name="what">What it is a name of, as site or instance.</param>
    /// <exception cref="CliException">Nobody sits there, or something else was typed.</exception>
    public void Confirm(string what, string name)
    {
        if (ask is null) throw new CliException("nobody is there to confirm: give --yes");
        if (ask($"Type the {what}'s name to go on ({name}): ")?.Trim() != name) throw new CliException("not confirmed, nothing was changed");
    }

    private static string? Ask(string question)
    {
        Console.Error.Write(question);
        return Console.In.ReadLine();
    }
}

public readonly record struct Cell(string Text, Style? Style = null)
{
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Bad = new(Color.Red);
    public static readonly Style Busy = new(Color.Yellow);

    public static implicit operator Cell(string text) => new(text);
}
