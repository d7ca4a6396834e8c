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

    /// <summary>The first look only remembers what it finds. The next come while the start goes on: an agent's first 20 s touch nearly the whole file once.</summary>
    private static readonly TimeSpan[] AtFirst = [.. Enumerable.Range(1, 5).Select(s => TimeSpan.FromSeconds(s))];
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(15);

    /// <summary>From now on, until disposed.</summary>
    public static IDisposable KeepSmall(TimeProvider time) => new Keeper(time);

    /// <param name="known">What <see cref="Text"/> found at the look before; null: there was none.</param>
    /// <returns>Bytes of address space of files whose pages were given back, and what there is now.</returns>
    public static (long Bytes, IReadOnlySet<string> Now) Release(IReadOnlySet<string>? known)
    {
        long released = 0;
        var now = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var mapping in Text(File.ReadLines("/proc/self/smaps")))
            {
                now.Add(mapping);
                // One that has just come may be a library that is being loaded: the loader lays its own, private pages over it before the call below comes to be made.
                if (known?.Contains(mapping) != true) continue;
                var (start, end) = Range(mapping);
                if (Madvise((nint)start, (nuint)(end - start), MadviseDontNeed) == 0) released += (long)(end - start);
            }
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
        return (released, now);
    }

    /// <summary>
    /// Mappings of files whose pages are all the file's own: text of programs and libraries, and files mapped shared and read-only; each as its whole line. A private page that was ever written would be
    /// lost: the kernel counts those as Anonymous, or as Swap, and a mapping with one of them is left alone. So are private ones that are merely read-only: what the loader has relocated is among them.
    /// </summary>
    internal static IEnumerable<string> Text(IEnumerable<string> smaps)
    {
        string? candidate = null;
        foreach (var line in smaps)
        {
            if (line.Length > 0 && char.IsAsciiHexDigitLower(line[0]))
            {
                if (candidate is not null) yield return candidate;
                candidate = IsText(line) ? line : null;
            }
            else if (candidate is not null && (line.StartsWith("Anonymous:", StringComparison.Ordinal) || line.StartsWith("Swap:", StringComparison.Ordinal)) && !line.AsSpan(line.IndexOf(':') + 1).Trim().SequenceEqual("0 kB"))
            {
                candidate = null;
            }
        }
        if (candidate is not null) yield return candidate;
    }

    /// <summary><c>start-end permissions offset device inode path</c></summary>
    private static bool IsText(string line)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 6 && fields[1] is "r-xp" or "r--s" && fields[4] != "0" && fields[5].StartsWith('/') && !fields[5].StartsWith("/memfd:", StringComparison.Ordinal);
    }

    private static (ulong Start, ulong End) Range(string line)
    {
        var (dash, blank) = (line.IndexOf('-'), line.IndexOf(' '));
        return (ulong.Parse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), ulong.Parse(line.AsSpan(dash + 1, blank - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    }

    private sealed class Keeper : IDisposable
    {
        private readonly ITimer _timer;
        private IReadOnlySet<string>? _known;
        private int _looks;

        public Keeper(TimeProvider time)
        {
            _timer = time.CreateTimer(static keeper => ((Keeper)keeper!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Wait();
        }

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            _known = Release(_known).Now;
            _looks++;
            Wait();
        }

        private void Wait() => _timer.Change(_looks < AtFirst.Length ? AtFirst[_looks] : Again, Timeout.InfiniteTimeSpan);
    }

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Madvise(nint address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int MallocTrim(nuint keep);
}
