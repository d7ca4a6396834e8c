using System.Text.Json;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Sql;

/// <summary>Everything about a running server in one statement with one value, so in one round trip and of one instant, as far as PostgreSQL has one.</summary>
internal static class StatusQuery
{
    /// <remarks>
    /// Standby: pg_last_wal_receive_lsn() is what the receiver has flushed (pg_stat_wal_receiver.flushed_lsn is the same number, but gone with the receiver);
    /// it starts at the beginning of a segment, below what was replayed already, hence the greater of the two.
    /// Timeline: pg_control lags behind on a primary that was just promoted, the name of the current segment does not. On a standby pg_control lags until the next restart
    /// point, and the receiver's own word is gone with the receiver; without one, the newest timeline that has the segment where the log ends.
    /// </remarks>
    public const string Sql = """
        SELECT json_build_object(
          'recovering', s.recovering,
          'timeline', CASE WHEN s.recovering
            THEN greatest(coalesce((SELECT received_tli FROM pg_stat_wal_receiver), s.segment_timeline), (SELECT min_recovery_end_timeline FROM pg_control_recovery()), (SELECT timeline_id FROM pg_control_checkpoint()))
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
          'written', CASE WHEN s.recovering THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END,
          'flushed', CASE WHEN s.recovering THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_flush_lsn() END,
          'replayed', CASE WHEN s.recovering THEN pg_last_wal_replay_lsn() END,
          'replayedCommit', CASE WHEN s.recovering THEN (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::bigint END,
          'receiver', (SELECT json_build_object('pid', pid, 'status', status, 'host', sender_host, 'timeline', received_tli, 'end', latest_end_lsn) FROM pg_stat_wal_receiver WHERE pid IS NOT NULL),
          'connecting', (SELECT json_build_object('pid', a.pid, 'for', (extract(epoch FROM clock_timestamp() - a.backend_start) * 1000)::bigint) FROM pg_stat_activity a
             WHERE a.backend_type = 'walreceiver' AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) LIMIT 1),
          'senders', (SELECT json_agg(json_build_object('pid', r.pid, 'name', r.application_name, 'state', r.state, 'sent', r.sent_lsn, 'write', r.write_lsn, 'flush', r.flush_lsn,
             'replay', r.replay_lsn, 'sync', r.sync_state, 'priority', r.sync_priority, 'address', host(r.client_addr), 'slot', l.slot_name, 'instance', r.usename = 'tandem_replication') ORDER BY r.pid)
             FROM pg_stat_replication r LEFT JOIN pg_replication_slots l ON l.active_pid = r.pid),
          'slots', (SELECT json_agg(slot_name ORDER BY slot_name) FROM pg_replication_slots),
          'names', current_setting('synchronous_standby_names'),
          'started', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
          'clients', (SELECT json_build_object('count', count(*), 'oldest', (extract(epoch FROM min(xact_start)) * 1000000)::bigint) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND application_name <> 'tandem')
        )::text
        FROM (
          SELECT r.recovering, CASE WHEN r.recovering AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) THEN (
            SELECT max(('x' || substr(f.name, 1, 8))::bit(32)::int)
            FROM (SELECT pg_size_bytes(current_setting('wal_segment_size')) AS size) w,
              LATERAL (SELECT div(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0' - 1, w.size)::bigint AS number) n,
              pg_ls_waldir() f
            WHERE f.name ~ '^[0-9A-F]{24}$'
              AND substr(f.name, 9) = upper(lpad(to_hex(n.number / (4294967296 / w.size)), 8, '0') || lpad(to_hex(n.number % (4294967296 / w.size)), 8, '0'))) END AS segment_timeline
          FROM (SELECT pg_is_in_recovery() AS recovering OFFSET 0) r OFFSET 0) s
        """;

    public static ServerStatus Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new ServerStatus(
            root.GetProperty("recovering").GetBoolean(),
            new TimelineId(root.GetProperty("timeline").GetUInt32()),
            LsnOf(root, "written") ?? Lsn.Zero,
            LsnOf(root, "flushed") ?? Lsn.Zero,
            LsnOf(root, "replayed"),
            TimeOf(root, "replayedCommit"),
            root.GetProperty("receiver") is { ValueKind: JsonValueKind.Object } receiver ? ReceiverOf(receiver) : null,
            [.. Elements(root, "senders").Select(SenderOf)],
            [.. Elements(root, "slots").Select(s => s.GetString()!)],
            root.GetProperty("names").GetString() ?? "",
            TimeOf(root, "started") ?? DateTimeOffset.UnixEpoch,
            root.GetProperty("clients").GetProperty("count").GetInt32(),
            TimeOf(root.GetProperty("clients"), "oldest"),
            root.GetProperty("connecting") is { ValueKind: JsonValueKind.Object } connecting
                ? new ConnectingReceiver(connecting.GetProperty("pid").GetInt32(), TimeSpan.FromMilliseconds(connecting.GetProperty("for").GetInt64()))
                : null);
    }

    private static WalReceiver ReceiverOf(JsonElement e) => new(
        e.GetProperty("pid").GetInt32(),
        TextOf(e, "status") ?? "",
        TextOf(e, "host"),
        new TimelineId(e.GetProperty("timeline") is { ValueKind: JsonValueKind.Number } timeline ? timeline.GetUInt32() : 0),
        LsnOf(e, "end") ?? Lsn.Zero);

    private static WalSender SenderOf(JsonElement e) => new(
        e.GetProperty("pid").GetInt32(),
        TextOf(e, "name") ?? "",
        TextOf(e, "state") ?? "",
        LsnOf(e, "sent"),
        LsnOf(e, "write"),
        LsnOf(e, "flush"),
        LsnOf(e, "replay"),
        TextOf(e, "sync") ?? "",
        e.GetProperty("priority") is { ValueKind: JsonValueKind.Number } priority ? priority.GetInt32() : 0,
        TextOf(e, "address"),
        TextOf(e, "slot"),
        e.GetProperty("instance").ValueKind == JsonValueKind.True);

    private static IEnumerable<JsonElement> Elements(JsonElement e, string name) => e.GetProperty(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    private static string? TextOf(JsonElement e, string name) => e.GetProperty(name).GetString();

    private static Lsn? LsnOf(JsonElement e, string name) => Lsn.TryParse(TextOf(e, name), out var lsn) ? lsn : null;

    private static DateTimeOffset? TimeOf(JsonElement e, string name) =>
        e.GetProperty(name) is { ValueKind: JsonValueKind.Number } micros ? DateTimeOffset.UnixEpoch.AddTicks(micros.GetInt64() * TimeSpan.TicksPerMicrosecond) : null;
}
