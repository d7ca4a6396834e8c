using System.Globalization;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>Memory that our processes on this machine have now, in bytes, by what they are.</summary>
internal static class ResidentMemory
{
    public static IReadOnlyList<(string Program, int Process, long Bytes)> OfAll()
    {
        List<(string, int, long)> all = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var process)) continue;
            try
            {
                var program = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0')[0];
                if (program is not ("/tandem-bin/agent" or "/tandem/operator")) continue;
                var line = File.ReadLines(Path.Combine(folder, "status")).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
                all.Add((program, process, long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024));
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                // It has ended.
            }
        }

        return all;
    }
}
