using Tandem.Postgres;
using Tandem.Postgres.ControlFiles;
using Tandem.Postgres.Copying;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class ControlDataTests(PostgresTemplate template)
{
    [Fact]
    public async Task It_agrees_with_what_the_server_says_of_itself()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.Server.CheckpointAsync(TestServer.Soon);
        var control = await primary.Server.ReadControlDataAsync(TestServer.Soon);
        Assert.Equal(await primary.SqlAsync("SELECT system_identifier FROM pg_control_system()"), ((long)control.SystemIdentifier.Value).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(await primary.SqlAsync("SELECT checkpoint_lsn FROM pg_control_checkpoint()"), control.Checkpoint.ToString());
        Assert.Equal(await primary.SqlAsync("SELECT redo_lsn FROM pg_control_checkpoint()"), control.CheckpointRedo.ToString());
        Assert.Equal("in production", control.State);
        Assert.True(control.WalLogHints);
        Assert.False(control.CleanShutdown);
        Assert.InRange(await primary.Server.GetVersionAsync(TestServer.Soon), 140000, 189999);
    }

    [Fact]
    public async Task A_wrong_crc_is_an_error()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        primary.Server.KillNow();
        var path = Path.Combine(primary.Data, "global", "pg_control");
        await using (var file = File.Open(path, FileMode.Open))
        {
            file.Position = 40;
            file.WriteByte(0x7f);
        }

        Assert.Equal("ControlFileCorrupt", (await Assert.ThrowsAsync<PostgresException>(() => primary.Server.ReadControlDataAsync(TestServer.Soon))).Reason);
    }

    [Fact]
    public void Histories_are_read_as_the_server_reads_them()
    {
        var history = TimelineHistory.Parse(new TimelineId(4), ["1\t0/A000198\tno recovery target specified", "", "# comment", "3\t0/B000000\tbefore 2000-01-01 05:30:00+00"]);
        Assert.Equal([new TimelineSwitch(new TimelineId(1), new Lsn(0xA000198)), new TimelineSwitch(new TimelineId(3), new Lsn(0xB000000))], history.Switches);
        Assert.Equal(1u, history.At(new Lsn(0xA000197)).Value);
        Assert.Equal(3u, history.At(new Lsn(0xA000198)).Value);
        Assert.Equal(4u, history.At(new Lsn(0xB000000)).Value);
        Assert.True(history.Contains(new TimelineId(1), new Lsn(0xA000198)));
        Assert.False(history.Contains(new TimelineId(1), new Lsn(0xA0001A0)));
        Assert.False(history.Contains(new TimelineId(2), new Lsn(1)));
        Assert.Throws<PostgresException>(() => TimelineHistory.Parse(new TimelineId(2), ["one 0/0"]));
    }

    [Theory]
    [InlineData("START WAL LOCATION: 0/2000028 (file 000000030000000000000002)", 3u, 0x2000028UL)]
    [InlineData("START WAL LOCATION: 1A/2000028 (file 0000000A0000001A00000002)", 10u, 0x1A02000028UL)]
    public void Backup_labels_say_where_the_log_begins(string line, uint timeline, ulong lsn) =>
        Assert.Equal(new BackupLabel(new Lsn(lsn), new TimelineId(timeline)), BackupLabel.Parse([line, "CHECKPOINT LOCATION: 0/2000060"]));

    [Theory]
    [InlineData("12345/67890 kB (18%), 0/1 tablespace", 12345L * 1024, 67890L * 1024)]
    [InlineData("  512/1024 kB (50%) copied", 512L * 1024, 1024L * 1024)]
    [InlineData("    0/0 kB (100%), 0/1 tablespace", 0L, null)]
    public void Progress_is_read(string line, long bytes, long? total) => Assert.Equal(new TransferProgress(bytes, total), TransferLines.Parse(line));

    [Theory]
    [InlineData("pg_rewind ended with 1: pg_rewind: connected to server | pg_rewind: servers diverged at WAL location 0/3000110 on timeline 2 | pg_rewind: error: could not find previous WAL record at 0/3000110", false)]
    [InlineData("pg_rewind ended with 1: pg_rewind: error: connection to server at \"10.0.0.1\", port 5432 failed: SSL error: certificate verify failed", true)]
    [InlineData("pg_rewind ended with 1: pg_rewind: error: connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  the database system is starting up", true)]
    public void A_rewind_that_could_not_connect_is_told_from_one_that_is_not_possible(string message, bool isOfConnection) => Assert.Equal(isOfConnection, Rewinding.IsOfConnection(message));

    [Fact]
    public void The_fork_is_read_from_what_pg_rewind_says()
    {
        var (timeline, fork) = Rewinding.ForkIn(["pg_rewind: connected to server", "pg_rewind: servers diverged at WAL location 0/3000110 on timeline 1"]);
        Assert.Equal((1u, "0/3000110"), (timeline.Value, fork.ToString()));
    }
}
