using System.Globalization;
using Tandem.Simulation.Mutants;
using Tandem.Simulation.Running;

const string Usage = """
    simulation seed NUMBER [--pair] [--without 3,4,7] [--trace]   one seed; with --trace, who did what
    simulation shrink NUMBER [--pair]                             the same failure with as few faults as can be
    simulation soak FIRST COUNT [--pair]                          many seeds, on all cores
    """;

var pair = args.Contains("--pair");
switch (args)
{
    case ["seed", var number, ..] when ulong.TryParse(number, out var seed):
        return OneSeed.Run(seed, pair ? 2 : 1, Without(), args.Contains("--trace"));
    case ["shrink", var number, ..] when ulong.TryParse(number, out var seed):
        return Shrinking.Run(seed, pair ? 2 : 1);
    case ["soak", var first, var count, ..] when ulong.TryParse(first, out var from) && ulong.TryParse(count, out var many):
        return Soak.Run(from, many, pair ? 2 : 1);
    case ["mutants", .. var rest]:
        return MutantsCommand.Run(rest);
    default:
        Console.Error.WriteLine(Usage);
        return 64;
}

IReadOnlyCollection<int> Without() =>
    Array.IndexOf(args, "--without") is >= 0 and var i && i + 1 < args.Length ? [.. args[i + 1].Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))] : [];
