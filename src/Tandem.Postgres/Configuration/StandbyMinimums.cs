using System.Globalization;

namespace Tandem.Postgres.Configuration;

/// <summary>Parameters of which a standby must have no less than the primary that wrote its log: else its recovery ends, and it does not start.</summary>
internal static class StandbyMinimums
{
    /// <summary>Each with pg_controldata's word for it, and the server's own default (the same in all versions in use).</summary>
    private static readonly (string Parameter, string Field, int Default)[] All =
    [
        ("max_connections", "max_connections setting", 100),
        ("max_worker_processes", "max_worker_processes setting", 8),
        ("max_wal_senders", "max_wal_senders setting", 10),
        ("max_prepared_transactions", "max_prepared_xacts setting", 0),
        ("max_locks_per_transaction", "max_locks_per_xact setting", 64),
    ];

    /// <param name="field">The number that pg_controldata prints under a name.</param>
    public static IReadOnlyDictionary<string, int> Of(Func<string, int> field) => All.ToDictionary(m => m.Parameter, m => field(m.Field), StringComparer.Ordinal);

    /// <summary>What the configuration says too little of, with what is needed.</summary>
    public static IReadOnlyList<(string Name, int Value)> Missing(IReadOnlyDictionary<string, int> needed, IReadOnlyDictionary<string, string> configured) =>
    [
        .. from minimum in All
           let own = configured.TryGetValue(minimum.Parameter, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : minimum.Default
           where own < needed[minimum.Parameter]
           select (minimum.Parameter, needed[minimum.Parameter]),
    ];
}
