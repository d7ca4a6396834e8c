using System.Globalization;
using System.Runtime.InteropServices;

namespace Tandem.Shared;

/// <summary>
/// Gives back what was needed once. Of the program's file: the kernel maps the pages around each one that is touched, so that after the start nearly the
/// whole file counts as resident, 50 MB of it; two thirds are never touched again. They are clean, and stay in the page cache: what is touched again
/// is mapped again, without a read. Of the C library's heap: the pages that are free again, above all those of the compiler. Measured: docs/adr/0002-one-self-contained-file.md.
/// </summary>
internal static class ResidentMemory
{
    private const int MadviseDontNeed = 4;
    private static readonly TimeSpan AfterStart = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(15);

    /// <summary>From now on, until disposed.</summary>
    public static ITimer KeepSmall(TimeProvider time) => time.CreateTimer(static _ => Release(), null, AfterStart, Again);

    /// <returns>Bytes of address space of files whose pages were given back.</returns>
    public static long Release()
    {
        long released = 0;
        try
        {
            foreach (var (start, end) in Text(File.ReadLines("/proc/self/smaps")))
                if (Madvise((nint)start, (nuint)(end - start), MadviseDontNeed) == 0) released += (long)(end - start);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            // Only ever a matter of size.
        }
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library other than glibc has no such call.
        }
        return released;
    }

    /// <summary>
    /// Mappings of files whose pages are all the file's own: text and constants of programs and libraries, and files mapped shared and read-only. A private page that was ever
    /// written would be lost (what was relocated at the start, say); the kernel counts those as Anonymous, and a mapping with one of them is left alone.
    /// </summary>
    internal static IEnumerable<(ulong Start, ulong End)> Text(IEnumerable<string> smaps)
    {
        (ulong Start, ulong End)? candidate = null;
        foreach (var line in smaps)
        {
            if (line.Length > 0 && char.IsAsciiHexDigitLower(line[0])) candidate = Candidate(line);
            else if (candidate is { } range && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.AsSpan("Anonymous:".Length).Trim().SequenceEqual("0 kB")) yield return range;
                candidate = null;
            }
        }
    }

    /// <summary><c>start-end permissions offset device inode path</c></summary>
    private static (ulong Start, ulong End)? Candidate(string line)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 6 || fields[1] is not ("r-xp" or "r--p" or "r--s") || fields[4] == "0" || !fields[5].StartsWith('/') || fields[5].StartsWith("/memfd:", StringComparison.Ordinal)) return null;
        var dash = fields[0].IndexOf('-');
        return (ulong.Parse(fields[0].AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), ulong.Parse(fields[0].AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    }

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Madvise(nint address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int MallocTrim(nuint keep);
}
