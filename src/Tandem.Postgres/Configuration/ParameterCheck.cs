using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Files;
using Tandem.Postgres.Processes;
using Tandem.Resources.Validation;

namespace Tandem.Postgres.Configuration;

/// <summary>A parameter that the server would not start with.</summary>
/// <param name="Message">The server's own words.</param>
/// <param name="Kept">The value that it goes on with; null: the server's default.</param>
public sealed record RefusedParameter(string Name, string Value, string Message, string? Kept);

/// <summary>
/// Asks the server's program about a configuration before it is written: a running server would only complain about a wrong parameter at a reload and then not come
/// up again after its next stop, be it a crash or a failover. What it refuses is written as it stood before, and told.
/// </summary>
internal sealed partial class ParameterCheck(PostgresServerOptions options, ToolRunner tools, ConfigurationFiles files, ILogger logger)
{
    private const string Candidate = "postgresql.conf.candidate";

    /// <summary>The server names all wrong values at once, but only after all unknown names are gone.</summary>
    private const int MostRounds = 5;

    private (Dictionary<string, string> Asked, IReadOnlyList<RefusedParameter> Refused)? last;

    /// <summary>As of the configuration that was written last.</summary>
    public IReadOnlyList<RefusedParameter> Refused => last?.Refused ?? [];

    /// <summary>The configuration without what the server refuses. Only a change of what a user can set costs a look (some 20 ms): a failover changes nothing of that.</summary>
    public async Task<ServerConfiguration> AcceptedAsync(ServerConfiguration configuration, int major, CancellationToken cancellation)
    {
        var asked = configuration.Parameters.Where(p => IsTheUsers(p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        if (last is not { } known || !Same(known.Asked, asked))
        {
            known = (asked, await CheckAsync(configuration, major, cancellation).ConfigureAwait(false));
            last = known;
            foreach (var refused in known.Refused) Log.ParameterRefused(logger, refused.Name, refused.Value, refused.Message);
        }

        return known.Refused.Count == 0 ? configuration : configuration with { Parameters = Without(configuration.Parameters, known.Refused) };
    }

    private async Task<IReadOnlyList<RefusedParameter>> CheckAsync(ServerConfiguration configuration, int major, CancellationToken cancellation)
    {
        List<RefusedParameter> refused = [];
        var present = files.Settled();
        for (var round = 0; round < MostRounds; round++)
        {
            var parameters = Without(configuration.Parameters, refused);
            var complaints = await ComplaintsAsync(ConfigurationFiles.SettingsFile(configuration with { Parameters = parameters }, major), cancellation).ConfigureAwait(false);
            var learned = false;
            foreach (var (complained, message) in complaints)
            {
                // The server names some in its own spelling ("TimeZone"). Where a default and the user's own are there, the later one counts.
                if (configuration.Parameters.LastOrDefault(p => p.Key.Equals(complained, StringComparison.OrdinalIgnoreCase)) is not { Key: { } name, Value: { } value } || !IsTheUsers(name)) continue;
                // What it goes on with is refused too: it was written before there was a check, or for another version of the server.
                var again = refused.FindIndex(r => r.Name == name);
                if (again < 0) refused.Add(new RefusedParameter(name, value, message, present.GetValueOrDefault(name) is { } kept && kept != value ? kept : null));
                else if (refused[again].Kept is not null) refused[again] = refused[again] with { Kept = null };
                else continue;
                learned = true;
            }

            if (!learned) break; // no complaints, or of what is not the user's: the start itself will tell
        }

        return refused;
    }

    private async Task<List<(string Name, string Message)>> ComplaintsAsync(string settings, CancellationToken cancellation)
    {
        var path = Path.Combine(options.DataDirectory, Candidate);
        List<string> lines = [];
        try
        {
            AtomicFile.WriteIfDifferent(path, settings);
            // The user's own settings must not hide or translate what is read here.
            await tools.RunAsync("postgres", ["-D", options.DataDirectory, "-c", $"config_file={path}", "-c", "log_min_messages=warning", "-c", "lc_messages=C", "-C", "port"], "ParametersRefused", line =>
            {
                lock (lines) lines.Add(line);
                return true;
            }, cancellation).ConfigureAwait(false);
            return [];
        }
        catch (PostgresException e) when (e.Reason == "ParametersRefused")
        {
            lock (lines) Log.ConfigurationRefused(logger, string.Join(" | ", lines));
            lock (lines) return [.. lines.Select(l => Complaint().Match(l)).Where(m => m.Success).Select(m => (m.Groups["name"].Value, m.Groups["message"].Value.Replace($" in file \"{path}\"", "", StringComparison.Ordinal)))];
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A name with a dot is an extension's: the server takes any before the extension is loaded.</summary>
    private static bool IsTheUsers(string name) => ProtocolParameters.WhyOwned(name) is null && !name.Contains('.', StringComparison.Ordinal);

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> parameters, IReadOnlyList<RefusedParameter> refused)
    {
        var result = new Dictionary<string, string>(parameters, StringComparer.Ordinal);
        foreach (var parameter in refused)
        {
            foreach (var spelling in parameters.Keys.Where(k => k != parameter.Name && k.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase))) result.Remove(spelling);
            if (parameter.Kept is { } kept) result[parameter.Name] = kept;
            else result.Remove(parameter.Name);
        }

        return result;
    }

    private static bool Same(Dictionary<string, string> left, Dictionary<string, string> right) =>
        left.Count == right.Count && left.All(p => right.TryGetValue(p.Key, out var value) && value == p.Value);

    // The prefix is log_line_prefix's default, or the configuration's own once that is read: all that matters comes after the level.
    [GeneratedRegex("""(?:LOG|FATAL|ERROR):  (?<message>.*parameter "(?<name>[^"]+)".*)$""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Complaint();
}
