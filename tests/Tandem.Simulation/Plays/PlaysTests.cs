using Tandem.Simulation.Mutants;
using Tandem.Simulation.Scenarios;
using Xunit;

namespace Tandem.Simulation.Plays;

/// <summary>The code as it ships stands every play, in every set-up that a mutant is looked for in.</summary>
public sealed class PlaysTests
{
    private const ulong Seeds = 3;

    private static readonly IReadOnlyList<Mutant> Mutants = Catalogue.Read(PatchedCopy.Root);

    public static TheoryData<string, string> Staged()
    {
        var data = new TheoryData<string, string>();
        foreach (var mutant in Mutants.Where(m => m.Leaning.Faults is [var only] && Repertoire.Has(only)).DistinctBy(m => (m.Leaning.Faults![0], m.Leaning with { Faults = null })))
            data.Add(mutant.Leaning.Faults![0], mutant.Id);
        return data;
    }

    [Theory]
    [MemberData(nameof(Staged))]
    public void A_play_ends_well(string play, string mutant)
    {
        var leaning = Mutants.Single(m => m.Id == mutant).Leaning;
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var outcome = SeedsTests.OnThreadOfItsOwn(() => new World(leaning.Of(seed)).Run());
            Assert.True(outcome.IsGood, $"{play}: {outcome}{Environment.NewLine}    dotnet run --project tests/Tandem.Simulation -c Release -- mutants {mutant} --seed {seed} --shipped");
        }
    }
}
