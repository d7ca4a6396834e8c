using System.Text;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Files;

namespace Tandem.Postgres.Configuration;

/// <summary>postgresql.conf, pg_hba.conf, pg_ident.conf and postgresql.auto.conf. The first three are ours entirely; of the last, what the protocol or the configuration owns is removed.</summary>
internal sealed class ConfigurationFiles(string dataDirectory, ILogger logger)
{
    private const string Header = "# Written by Tandem. Changes made here are put back.\n";

    public const string Settings = "postgresql.conf";
    public const string AutomaticSettings = "postgresql.auto.conf";
    public const string HostRules = "pg_hba.conf";
    public const string IdentityMap = "pg_ident.conf";
    public static readonly IReadOnlyList<string> All = [Settings, AutomaticSettings, HostRules, IdentityMap];

    private static readonly string[] WaysToThePrimary = ["primary_conninfo", "primary_slot_name", "restore_command"];

    /// <param name="major">Of the server, e.g. 15: parameters that it does not know are left out.</param>
    public bool Write(ServerConfiguration configuration, int major)
    {
        var settings = SettingsOf(configuration, major);
        var changed = new List<string>();
        if (Put(Settings, FileOf(settings))) changed.Add(Settings);
        if (Put(HostRules, Lines(configuration.HostRules))) changed.Add(HostRules);
        if (Put(IdentityMap, Lines(configuration.IdentityMap))) changed.Add(IdentityMap);
        if (RemoveDrift(settings.Keys)) changed.Add(AutomaticSettings);
        if (changed.Count > 0) Log.ConfigurationWritten(logger, string.Join(", ", changed));
        return changed.Count > 0;
    }

    /// <summary>Key file of the primary_conninfo that stands in the file now; null where there is no way to a primary.</summary>
    public string? Credential()
    {
        var conninfo = ReadLines(Settings).Where(l => SettingsText.NameOf(l) == "primary_conninfo").Select(SettingsText.ValueOf).LastOrDefault();
        return string.IsNullOrEmpty(conninfo) ? null : ConnectionInfo.Find(conninfo, "sslkey");
    }

    /// <summary>Parameters as they stand in the file now.</summary>
    public IReadOnlyDictionary<string, string> Settled()
    {
        var settled = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in ReadLines(Settings))
            if (SettingsText.NameOf(line) is { } name && SettingsText.ValueOf(line) is { } value) settled[name] = value;
        return settled;
    }

    /// <summary>Takes primary_conninfo, primary_slot_name and restore_command out, and leaves the rest as it is.</summary>
    public void ClearWaysToThePrimary()
    {
        var kept = ReadLines(Settings).Where(l => !WaysToThePrimary.Contains(SettingsText.NameOf(l)));
        var cleared = WaysToThePrimary.Select(p => SettingsText.Line(p, ""));
        Put(Settings, string.Join('\n', kept.Concat(cleared)) + "\n");
        RemoveDrift(WaysToThePrimary);
    }

    /// <summary>What stands in the four files, to put it back when a copy from another server has run over it.</summary>
    public IReadOnlyDictionary<string, byte[]> Remember() =>
        All.Select(f => (Name: f, Content: AtomicFile.ReadOrNull(Path.Combine(dataDirectory, f)))).Where(f => f.Content is not null).ToDictionary(f => f.Name, f => f.Content!);

    public void PutBack(IReadOnlyDictionary<string, byte[]> remembered)
    {
        foreach (var file in All)
        {
            if (remembered.TryGetValue(file, out var content)) AtomicFile.Write(Path.Combine(dataDirectory, file), content);
            else AtomicFile.Remove(Path.Combine(dataDirectory, file));
        }
    }

    /// <summary>Lines of postgresql.auto.conf (ALTER SYSTEM) that set an owned parameter, one of <paramref name="configured"/>, or nothing we understand.</summary>
    public bool RemoveDrift(IEnumerable<string> configured)
    {
        var lines = ReadLines(AutomaticSettings).ToList();
        var ours = new HashSet<string>(OwnedParameters.Names.Concat(configured), StringComparer.OrdinalIgnoreCase);
        var drift = lines.Where(l => !IsComment(l) && (SettingsText.NameOf(l) is not { } name || ours.Contains(name))).ToList();
        if (drift.Count == 0 && File.Exists(Path.Combine(dataDirectory, AutomaticSettings))) return false;
        var changed = Put(AutomaticSettings, string.Concat(lines.Except(drift).Select(l => l + "\n")));
        if (drift.Count > 0) Log.DriftRemoved(logger, string.Join(", ", drift.Select(l => SettingsText.NameOf(l) ?? "?")));
        return changed;
    }

    private static SortedDictionary<string, string> SettingsOf(ServerConfiguration configuration, int major)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in configuration.Parameters)
        {
            if (!SettingsText.IsName(name)) throw new PostgresException("ParameterRefused", $"'{name}' is no name of a parameter");
            if (value.Contains('\0', StringComparison.Ordinal)) throw new PostgresException("ParameterRefused", $"{name}: its value has a zero byte");
            if (ParameterVersions.Exists(name, major)) settings[name] = value;
        }

        settings["primary_conninfo"] = configuration.Source is { } source ? ConnectionInfo.OfReceiver(source) : "";
        settings["primary_slot_name"] = configuration.Source?.Slot ?? "";
        settings.TryAdd("restore_command", "");
        if (ParameterVersions.Exists("allow_alter_system", major)) settings["allow_alter_system"] = "off";
        return settings;
    }

    /// <summary>What <see cref="Write"/> makes of the parameters.</summary>
    public static string SettingsFile(ServerConfiguration configuration, int major) => FileOf(SettingsOf(configuration, major));

    private static string FileOf(SortedDictionary<string, string> settings)
    {
        var text = new StringBuilder(Header);
        foreach (var (name, value) in settings) text.Append(SettingsText.Line(name, value)).Append('\n');
        return text.ToString();
    }

    private static string Lines(IReadOnlyList<string> lines)
    {
        var broken = lines.FirstOrDefault(l => l.AsSpan().ContainsAny('\n', '\r', '\0') || l.EndsWith('\\') || l.TrimStart().StartsWith("include", StringComparison.Ordinal));
        if (broken is not null) throw new PostgresException("AccessRuleRefused", $"not one rule a line: {broken}");
        return Header + string.Concat(lines.Select(l => l + "\n"));
    }

    private bool Put(string file, string content) => AtomicFile.WriteIfDifferent(Path.Combine(dataDirectory, file), content);

    private IEnumerable<string> ReadLines(string file)
    {
        var path = Path.Combine(dataDirectory, file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    private static bool IsComment(string line) => line.AsSpan().TrimStart() is var text && (text.IsEmpty || text[0] == '#');
}
