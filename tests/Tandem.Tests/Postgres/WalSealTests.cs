using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Postgres;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

/// <summary>The end of the log as we read it, against pg_waldump on the same files.</summary>
[Collection(PostgresCollection.Name)]
public sealed class WalSealTests(PostgresTemplate template)
{
    private const int SegmentSize = 16 * 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_killed_servers_log_ends_where_waldump_says(int seed)
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var start = await WorkAndKillAsync(primary, new Random(seed));
        var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
        Assert.Equal(1u, end.Timeline.Value);
        await AssertLastRecordAsync(primary, 1, start, end.End);
    }

    [Fact]
    public async Task A_hint_gives_the_same_end_and_reads_only_the_tail()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t AS SELECT i, repeat('x', 500) AS x FROM generate_series(1, 60000) i");
        var hint = Lsn.Parse((await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()"))!);
        await primary.SqlAsync("CREATE TABLE u AS SELECT i, repeat('y', 500) AS y FROM generate_series(1, 15000) i");
        primary.Server.KillNow();
        var whole = await primary.Server.SealWalAsync(null, TestServer.Soon);
        Assert.True(whole.End - hint > 4_000_000);

        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(whole, await primary.Server.SealWalAsync(new WalEnd(new TimelineId(1), hint), TestServer.Soon));
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        Assert.True(best < TimeSpan.FromMilliseconds(200), $"the best of five took {best}");
        Assert.Equal(whole, await primary.Server.SealWalAsync(whole, TestServer.Soon));
    }

    [Fact]
    public async Task A_wrong_hint_is_not_believed()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await WorkAndKillAsync(primary, new Random(7));
        var whole = await primary.Server.SealWalAsync(null, TestServer.Soon);
        foreach (var wrong in new[] { whole.End.Value - 4, whole.End.Value + 8, whole.End.Value + 100 * SegmentSize, 8UL, whole.End.Value - 12344 })
            Assert.Equal(whole, await primary.Server.SealWalAsync(new WalEnd(new TimelineId(1), new Lsn(wrong)), TestServer.Soon));
    }

    [Theory]
    [InlineData("zeros")]
    [InlineData("noise")]
    [InlineData("flip")]
    [InlineData("old page")]
    [InlineData("cut file")]
    public async Task A_torn_tail_ends_the_log_before_the_tear(string tear)
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var random = new Random(11);
        var start = await WorkAndKillAsync(primary, random);
        var whole = await primary.Server.SealWalAsync(null, TestServer.Soon);
        var records = await RecordsAsync(primary, 1, start);
        for (var i = 0; i < 12; i++)
        {
            // Tear somewhere in the last 200 records of the log, then put the file back.
            var victim = records[^random.Next(2, Math.Min(200, records.Count))];
            var file = SegmentFile(primary, 1, victim.Start);
            var before = await File.ReadAllBytesAsync(file);
            var offset = (int)(victim.Start.Value % SegmentSize) + random.Next(0, 8) * 2;
            Tear(file, before, offset, tear, random);

            var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
            var judge = (await RecordsAsync(primary, 1, start))[^1];
            Assert.True(end.End <= victim.Start || tear == "old page", $"{tear} at {victim.Start}: end {end.End}");
            Assert.Equal(judge.Start, await LastRecordOfAsync(primary, 1, start, end.End));

            await File.WriteAllBytesAsync(file, before);
            Assert.Equal(whole, await primary.Server.SealWalAsync(null, TestServer.Soon));
        }
    }

    [Fact]
    public async Task A_record_over_many_pages_counts_only_when_it_is_whole()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CHECKPOINT");
        var start = Lsn.Parse((await primary.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"))!);
        await primary.SqlAsync("SELECT pg_logical_emit_message(true, 'test', repeat('big', 3000000))");
        primary.Server.KillNow();
        var whole = await primary.Server.SealWalAsync(null, TestServer.Soon);
        var big = (await RecordsAsync(primary, 1, start)).Single(r => r.Length > 8_000_000);
        Assert.True(whole.End > big.Start);

        var file = SegmentFile(primary, 1, new Lsn(big.Start.Value + 5_000_000));
        await using (var stream = File.OpenWrite(file))
        {
            stream.Position = (long)((big.Start.Value + 5_000_000) % SegmentSize);
            stream.WriteByte(0x55);
        }

        var torn = await primary.Server.SealWalAsync(null, TestServer.Soon);
        Assert.True(torn.End <= big.Start, $"{torn.End} beyond {big.Start}");
        await AssertLastRecordAsync(primary, 1, start, torn.End);
    }

    [Fact]
    public async Task A_switch_record_ends_at_the_segments_end()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var start = Lsn.Parse((await primary.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"))!);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.SqlAsync("SELECT pg_switch_wal()");
        await primary.SqlAsync("INSERT INTO t VALUES (1)");
        await primary.SqlAsync("SELECT pg_switch_wal()");
        primary.Server.KillNow();
        var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
        var last = (await RecordsAsync(primary, 1, start))[^1];
        Assert.Contains("SWITCH", last.Text, StringComparison.Ordinal);
        Assert.Equal(0UL, end.End.Value % SegmentSize);
        Assert.Equal(end, await primary.Server.SealWalAsync(end, TestServer.Soon));
    }

    [Fact]
    public async Task A_record_that_a_restart_wrote_over_is_skipped()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CHECKPOINT");
        var start = Lsn.Parse((await primary.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"))!);
        await primary.SqlAsync("SELECT pg_logical_emit_message(true, 'test', repeat('big', 300000))");
        primary.Server.KillNow();
        var big = (await RecordsAsync(primary, 1, start)).Last(r => r.Length > 800_000);
        // Everything behind the first pages of the big record never reached the disk.
        var file = SegmentFile(primary, 1, big.Start);
        await using (var stream = File.OpenWrite(file))
        {
            var from = (long)((big.Start.Value + 50_000) / 8192 * 8192 % SegmentSize);
            stream.Position = from;
            await stream.WriteAsync(new byte[SegmentSize - from]);
        }

        await primary.StartAsync(ServerMode.ReadWrite);
        await primary.SqlAsync("CREATE TABLE after_it(i int)");
        primary.Server.KillNow();
        var end = await primary.Server.SealWalAsync(new WalEnd(new TimelineId(1), start), TestServer.Soon);
        var records = await RecordsAsync(primary, 1, start);
        Assert.Contains(records, r => r.Text.Contains("OVERWRITE_CONTRECORD", StringComparison.Ordinal));
        await AssertLastRecordAsync(primary, 1, start, end.End);
    }

    [Fact, Requirement("E10")]
    public async Task The_log_goes_on_to_the_newest_timeline_of_which_it_has_a_record()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var hint = Lsn.Parse((await primary.SqlAsync("SELECT pg_current_wal_flush_lsn()"))!);
        await Eventually.SeesAsync(() => standby.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s?.Flushed >= hint, "standby has it");
        primary.Server.KillNow();
        await standby.Server.PromoteAsync(null, TestServer.Soon);
        await standby.SqlAsync("INSERT INTO t SELECT generate_series(1, 1000)");
        var flushed = Lsn.Parse((await standby.SqlAsync("SELECT pg_current_wal_flush_lsn()"))!);
        standby.Server.KillNow();

        var end = await standby.Server.SealWalAsync(null, TestServer.Soon);
        Assert.Equal(2u, end.Timeline.Value);
        Assert.True(end.End >= flushed);
        Assert.Equal(end, await standby.Server.SealWalAsync(new WalEnd(new TimelineId(1), hint), TestServer.Soon));
        var history = Assert.Single(await standby.Server.ReadTimelineHistoryAsync(new TimelineId(2), TestServer.Soon));
        Assert.Equal(1u, history.Timeline.Value);
        await AssertLastRecordAsync(standby, 2, history.SwitchPoint, end.End);

        // With only the history and the copied beginning of its first segment, the log still ends on the old timeline.
        var first = SegmentFile(standby, 2, history.SwitchPoint);
        var bytes = await File.ReadAllBytesAsync(first);
        Array.Clear(bytes, (int)(history.SwitchPoint.Value % SegmentSize), bytes.Length - (int)(history.SwitchPoint.Value % SegmentSize));
        await File.WriteAllBytesAsync(first, bytes);
        Assert.Equal(new WalEnd(new TimelineId(1), history.SwitchPoint), await standby.Server.SealWalAsync(new WalEnd(new TimelineId(1), hint), TestServer.Soon));

        // And the same where the segment is only zeros, or is not there at all.
        await File.WriteAllBytesAsync(first, new byte[SegmentSize]);
        Assert.Equal(1u, (await standby.Server.SealWalAsync(new WalEnd(new TimelineId(1), hint), TestServer.Soon)).Timeline.Value);
        File.Delete(first);
        Assert.Equal(1u, (await standby.Server.SealWalAsync(new WalEnd(new TimelineId(1), hint), TestServer.Soon)).Timeline.Value);
    }

    [Fact]
    public async Task A_diverged_log_ends_on_its_own_timeline_although_it_has_the_others_history()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var fork = Lsn.Parse((await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()"))!);
        await primary.SqlAsync("INSERT INTO t SELECT generate_series(1, 1000)");
        primary.Server.KillNow();
        var before = await primary.Server.SealWalAsync(null, TestServer.Soon);
        await File.WriteAllTextAsync(Path.Combine(primary.Wal, "00000002.history"), $"1\t{fork}\tno recovery target specified\n");
        Assert.Equal(before, await primary.Server.SealWalAsync(null, TestServer.Soon));
        Assert.True(before.End > fork);
    }

    [Fact]
    public async Task A_recycled_segment_with_old_content_is_no_continuation()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var start = Lsn.Parse((await primary.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"))!);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.SqlAsync("SELECT pg_switch_wal()");
        primary.Server.KillNow();
        var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
        File.Copy(SegmentFile(primary, 1, start), SegmentFile(primary, 1, end.End), overwrite: true);
        Assert.Equal(end, await primary.Server.SealWalAsync(null, TestServer.Soon));
    }

    // ---- the workload, and pg_waldump as the judge ----

    private static async Task<Lsn> WorkAndKillAsync(TestServer server, Random random)
    {
        await server.SqlAsync("CHECKPOINT");
        var start = Lsn.Parse((await server.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"))!);
        await server.SqlAsync("CREATE TABLE w(i int PRIMARY KEY, t text)");
        for (var i = 0; i < 25; i++)
        {
            var n = random.Next(1, 2000);
            await server.SqlAsync(random.Next(6) switch
            {
                0 => $"INSERT INTO w SELECT i, repeat('z', {random.Next(1, 3000)}) FROM generate_series({i * 10000}, {i * 10000 + n / 10}) i",
                1 => $"UPDATE w SET t = 'changed' WHERE i % {random.Next(2, 50)} = 0",
                2 => $"SELECT pg_logical_emit_message(true, 'w', repeat('m', {random.Next(1, 60000)}))",
                3 => "SELECT pg_switch_wal()",
                4 => $"DELETE FROM w WHERE i % {random.Next(2, 9)} = 1",
                _ => $"SELECT pg_logical_emit_message(false, 'w', repeat('m', {random.Next(1, 9000)}))",
            });
        }

        // The log writer may lag behind: an end that lies in the middle of a record is the interesting one.
        var writer = server.SqlAsync("INSERT INTO w SELECT i, repeat('z', 400) FROM generate_series(900000, 999999) i");
        await Task.Delay(random.Next(0, 120));
        server.Server.KillNow();
        await Assert.ThrowsAnyAsync<Exception>(() => writer);
        return start;
    }

    private sealed record DumpedRecord(Lsn Start, long Length, string Text);

    private static async Task<IReadOnlyList<DumpedRecord>> RecordsAsync(TestServer server, int timeline, Lsn start)
    {
        var output = await Shell.RunAsync([Path.Combine(TestServer.BinDirectory, "pg_waldump"), "-p", server.Wal, "-t", timeline.ToString(CultureInfo.InvariantCulture), "-s", start.ToString()], mayFail: true);
        var records = new List<DumpedRecord>();
        foreach (var line in output.Split('\n').Where(l => l.StartsWith("rmgr:", StringComparison.Ordinal)))
        {
            var lsn = line[(line.IndexOf("lsn: ", StringComparison.Ordinal) + 5)..].Split(',')[0];
            var length = line[(line.IndexOf("tot): ", StringComparison.Ordinal) + 6)..].Split(',')[0].Split('/')[1].Trim();
            records.Add(new DumpedRecord(Lsn.Parse(lsn), long.Parse(length, CultureInfo.InvariantCulture), line));
        }

        return records;
    }

    /// <summary>What waldump takes for the last record is the last one before our end, and our end is not behind where it could begin anew.</summary>
    private static async Task AssertLastRecordAsync(TestServer server, int timeline, Lsn start, Lsn end)
    {
        var last = (await RecordsAsync(server, timeline, start))[^1];
        Assert.True(last.Start < end, $"our end {end} is before {last.Text}");
        var least = last.Start.Value + (ulong)last.Length;
        // Page headers in between add at most 40 bytes a page, alignment 7, and a switch fills the segment.
        var most = last.Text.Contains("SWITCH", StringComparison.Ordinal) ? (last.Start.Value / SegmentSize + 1) * SegmentSize : least + ((ulong)last.Length / 8000 + 2) * 40 + 7;
        Assert.True(end.Value >= least && end.Value <= most, $"our end {end} does not fit {last.Text}");
        Assert.Equal(last.Start, await LastRecordOfAsync(server, timeline, start, end));
    }

    /// <summary>The last record that waldump finds when it is told to end at <paramref name="end"/>.</summary>
    private static async Task<Lsn> LastRecordOfAsync(TestServer server, int timeline, Lsn start, Lsn end)
    {
        var output = await Shell.RunAsync(
            [Path.Combine(TestServer.BinDirectory, "pg_waldump"), "-p", server.Wal, "-t", timeline.ToString(CultureInfo.InvariantCulture), "-s", start.ToString(), "-e", end.ToString()], mayFail: true);
        var line = output.Split('\n').Last(l => l.StartsWith("rmgr:", StringComparison.Ordinal));
        return Lsn.Parse(line[(line.IndexOf("lsn: ", StringComparison.Ordinal) + 5)..].Split(',')[0]);
    }

    private static string SegmentFile(TestServer server, int timeline, Lsn lsn)
    {
        var number = lsn.Value / SegmentSize;
        return Path.Combine(server.Wal, string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}{number / 256:X8}{number % 256:X8}"));
    }

    private static void Tear(string file, byte[] content, int offset, string tear, Random random)
    {
        var bytes = (byte[])content.Clone();
        switch (tear)
        {
            case "zeros":
                Array.Clear(bytes, offset, bytes.Length - offset);
                break;
            case "noise":
                random.NextBytes(bytes.AsSpan(offset));
                break;
            case "flip":
                bytes[offset] ^= 0x10;
                break;
            case "old page":
                // The page was never written: what a recycled file had there stands, a page of another place.
                var page = (offset / 8192 + 1) * 8192 % bytes.Length;
                bytes.AsSpan(0, 8192).CopyTo(bytes.AsSpan(page == 0 ? 8192 : page));
                break;
            case "cut file":
                bytes = bytes[..offset];
                break;
            default:
                throw new ArgumentException(tear);
        }

        File.WriteAllBytes(file, bytes);
    }
}
