using Spectre.Console;

namespace Tandem.Sandbox.Demo;

/// <summary>The table at the end.</summary>
public static class ResultTable
{
    private const int Width = 110;

    public static void Write(IAnsiConsole console, IReadOnlyList<FaultResult> results)
    {
        // Where it goes to a file, no width is known.
        console.Profile.Width = Math.Max(console.Profile.Width, Width);
        var table = new Table().AddColumn("fault");
        foreach (var name in (string[])["seconds without writes", "bound", "acknowledged rows", "lost rows"]) table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("");
        foreach (var result in results)
            table.AddRow(
                new Text(result.Fault.Name),
                new Text(result.WithoutWrites is { } without ? FaultRunner.Seconds(without) : "-"),
                new Text(result.Fault.Bound is { } bound ? $"{bound.TotalSeconds:0} s" : "-"),
                new Text(result.WithoutWrites is null ? "-" : $"{result.Acknowledged}"),
                new Text(result.WithoutWrites is null ? "-" : $"{result.Lost}"),
                new Text(result.Problem ?? "ok"));
        console.Write(table);
    }
}
