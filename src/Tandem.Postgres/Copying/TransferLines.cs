using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Postgres.Copying;

/// <summary>Progress as pg_basebackup and pg_rewind print it: <c>12345/67890 kB (18%), 0/1 tablespace</c>.</summary>
internal static partial class TransferLines
{
    public static TransferProgress? Parse(string line)
    {
        var match = Pattern().Match(line);
        if (!match.Success) return null;
        var total = long.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture) * 1024;
        return new TransferProgress(long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * 1024, total == 0 ? null : total);
    }

    /// <summary>For a tool's output: takes the lines of progress out and passes them on.</summary>
    public static Func<string, bool> To(IProgress<TransferProgress> progress) => line =>
    {
        if (Parse(line) is not { } transferred) return false;
        progress.Report(transferred);
        return true;
    };

    [GeneratedRegex(@"^\s*(\d+)/(\d+) kB \(\d+%\)")]
    private static partial Regex Pattern();
}
