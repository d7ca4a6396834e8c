using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace Tandem.Simulation.Mutants;

/// <summary>After all others, and by itself: it takes every core.</summary>
[CollectionDefinition(nameof(MutantsTests), DisableParallelization = true)]
public sealed class MutantsCollection;

/// <summary>
/// Each rule broken on purpose is found, within so many seeds of the one that the table names; and the code as it ships passes the seeds that find them. Where a change of the code makes other
/// stories of the seeds the search goes on for a while; the command writes the table anew.
/// </summary>
[Collection(nameof(MutantsTests))]
public sealed class MutantsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task Every_rule_that_is_broken_on_purpose_is_found()
    {
        var mutants = Catalogue.Read(PatchedCopy.Root);
        var program = PatchedCopy.Build(mutants, Say);
        var findings = 0;
        using var search = Process.Start(new ProcessStartInfo("dotnet", [program, "mutants", "--check"]) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("dotnet does not start");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            while (await search.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.Contains(": found at seed ", StringComparison.Ordinal)) findings++;
                Say(line);
            }
            await search.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!search.HasExited) search.Kill();
        }
        Assert.Equal(mutants.Count, findings);
        Assert.Equal(0, search.ExitCode);
    }

    [Fact]
    public void The_table_has_a_row_for_each_mutant_and_no_other() =>
        Assert.Equal(Catalogue.Read(PatchedCopy.Root).Select(m => m.Id).Order(StringComparer.Ordinal), Table.Read(PatchedCopy.Root).Keys.Order(StringComparer.Ordinal));

    private void Say(string line)
    {
        output.WriteLine(line);
        Console.WriteLine(line);
    }
}
