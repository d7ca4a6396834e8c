using System.Diagnostics;

namespace Tandem.Simulation.Mutants;

/// <summary>
/// A copy of the source with every mutant in it, built as a simulation of its own. What ships has no switch: it stands in the copy alone, beside everything else that is built and not kept.
/// </summary>
internal static class PatchedCopy
{
    private const string Switch = """
        namespace Tandem;

        /// <summary>Which mutant the present thread's world runs.</summary>
        public static class Mutation
        {
            [System.ThreadStatic]
            public static string? Current;

            public static bool Is(string id) => Current == id;
        }
        """;

    /// <summary>Of all projects that are patched, the one that the others lean on.</summary>
    private const string SwitchFile = "src/Tandem.Kubernetes/Mutation.cs";
    private static readonly string[] Roots = ["Directory.Build.props", "Directory.Packages.props", "global.json"];
    private static readonly string[] Trees = ["src", "tests/Tandem.Simulation"];

    /// <summary>Where this program was built from.</summary>
    public static string Root
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Operator.sln")))
                    return folder.FullName;
            throw new InvalidOperationException("this program does not stand in its source tree");
        }
    }

    /// <returns>The program that has the mutants.</returns>
    public static string Build(IReadOnlyList<Mutant> mutants, Action<string> say)
    {
        var copy = Path.Combine(Root, "artifacts", "mutants");
        Write(copy, mutants);
        say($"builds {mutants.Count} mutants in {Path.GetRelativePath(Root, copy)}");
        string[] arguments = ["build", Path.Combine(copy, "tests", "Tandem.Simulation"), "-c", "Release", "-v", "quiet", "-nologo", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:NoWarn=CS0162%3BCS8600%3BCS8602%3BCS8604", "-nodeReuse:false"];
        using var build = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("dotnet does not start");
        var told = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0) throw new InvalidOperationException($"the mutants do not build:{Environment.NewLine}{told}");
        return Path.Combine(copy, "tests", "Tandem.Simulation", "bin", "Release", "net10.0", "Tandem.Simulation.dll");
    }

    /// <summary>Files that stay as they were keep their time, so that only what changed is built again.</summary>
    private static void Write(string copy, IReadOnlyList<Mutant> mutants)
    {
        var edits = mutants.SelectMany(m => m.Edits.Select(e => (m.Id, Edit: e))).ToLookup(e => e.Edit.File, StringComparer.Ordinal);
        var files = Roots.Concat(Trees.SelectMany(Files)).ToList();
        if (edits.FirstOrDefault(e => !files.Contains(e.Key)) is { } missing) throw new FormatException($"mutant {missing.First().Id} does not apply any more: there is no {missing.Key}");
        var wanted = files.ToDictionary(f => f, f => Patching.Apply(File.ReadAllText(Path.Combine(Root, f)), edits[f]), StringComparer.Ordinal);
        wanted.Add(SwitchFile, Switch);
        foreach (var (file, text) in wanted)
        {
            var path = Path.Combine(copy, file);
            if (File.Exists(path) && File.ReadAllText(path) == text) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        foreach (var gone in Trees.SelectMany(t => Files(t, copy)).Where(f => !wanted.ContainsKey(f))) File.Delete(Path.Combine(copy, gone));
    }

    private static IEnumerable<string> Files(string tree) => Files(tree, Root);

    /// <summary>All but what a build leaves behind.</summary>
    private static IEnumerable<string> Files(string tree, string root) => Directory.Exists(Path.Combine(root, tree))
        ? Directory.EnumerateFiles(Path.Combine(root, tree), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Where(f => !f.Split('/').Any(part => part is "bin" or "obj"))
        : [];
}
