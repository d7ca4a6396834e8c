using System.Globalization;
using Tandem.Shared;

namespace Tandem.Tests.Packaging;

public sealed class ResidentMemoryTests
{
    [Fact]
    public void Gives_back_text_and_goes_on()
    {
        var (first, known) = ResidentMemory.Release(null);
        Assert.Equal(0, first); // nothing is known to have been there before
        var before = FileBytes();
        Assert.True(ResidentMemory.Release(known).Bytes > 0);
        var after = FileBytes();
        Assert.True(after < before, $"{after} bytes of files resident, {before} before");
        Assert.Equal(4950, Enumerable.Range(0, 100).Sum()); // what was given back comes back
    }

    [Fact]
    public void Leaves_alone_what_is_not_the_files_own()
    {
        var smaps = """
            00400000-00500000 r-xp 00000000 08:01 11 /tandem-bin/agent
            Rss:                1024 kB
            Anonymous:             0 kB
            Swap:                  0 kB
            00500000-00600000 r-xp 00100000 08:01 11 /tandem-bin/agent
            Anonymous:             4 kB
            00600000-00700000 rw-p 00200000 08:01 11 /tandem-bin/agent
            Anonymous:             0 kB
            00700000-00780000 r--p 00300000 08:01 11 /tandem-bin/agent
            Anonymous:             0 kB
            00780000-00800000 r-xp 00380000 08:01 11 /tandem-bin/agent
            Anonymous:             0 kB
            Swap:                  8 kB
            00800000-00900000 r--s 00300000 08:01 11 /tandem-bin/agent with a space
            Anonymous:             0 kB
            00900000-00a00000 r-xp 00000000 00:00 0
            Anonymous:             0 kB
            00a00000-00b00000 r-xs 00000000 00:01 12 /memfd:doublemapper (deleted)
            Anonymous:             0 kB
            7ffd0000-7ffd1000 r-xp 00000000 00:00 0 [vdso]
            Anonymous:             0 kB
            """;
        Assert.Equal(["00400000-00500000", "00800000-00900000"], ResidentMemory.Text(smaps.Split('\n')).Select(m => m.Split(' ')[0]));
    }

    private static long FileBytes() =>
        long.Parse(File.ReadLines("/proc/self/status").Single(l => l.StartsWith("RssFile:", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
