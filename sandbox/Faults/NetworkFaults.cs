using System.Text.RegularExpressions;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Faults;

/// <summary>Which packets a cut drops, seen from the first thing named.</summary>
public enum CutDirection { Both, From, To }

/// <summary>
/// Cuts of the network: packets are dropped where the machine routes them, from one moment to the next, established connections too, and nobody is told.
/// The rules in the kernel are the only record of what is cut: each bears the cut's name. To cut twice is to cut once; to mend what is whole is nothing.
/// </summary>
public static partial class NetworkFaults
{
    private const string Chain = "TANDEM-FAULTS";

    /// <summary>Between two sites. <see cref="CutDirection.From"/>: what the first sends to the second is lost, and nothing else.</summary>
    public static Task CutAsync(Site first, Site second, CutDirection direction = CutDirection.Both, CancellationToken cancellation = default) =>
        ApplyAsync($"link {first.Name} {second.Name}", direction, $"-s {first.Addresses.Range} -d {second.Addresses.Range}", $"-s {second.Addresses.Range} -d {first.Addresses.Range}", cancellation);

    /// <summary>Mends every cut between the two, in whichever order they are named.</summary>
    public static async Task MendAsync(Site first, Site second, CancellationToken cancellation = default)
    {
        await RemoveAsync($"link {first.Name} {second.Name}", cancellation);
        await RemoveAsync($"link {second.Name} {first.Name}", cancellation);
    }

    /// <summary>A node and its pods, from everything outside of the node. Its containers run on, and reach one another.</summary>
    public static Task CutNodeAsync(SiteNode node, CutDirection direction = CutDirection.Both, CancellationToken cancellation = default) =>
        ApplyAsync($"node {node.Name}", direction, $"-s {Of(node)}", $"-d {Of(node)}", cancellation);

    public static Task MendNodeAsync(SiteNode node, CancellationToken cancellation = default) => RemoveAsync($"node {node.Name}", cancellation);

    /// <summary>A node and its pods, from the API server of its site alone.</summary>
    public static Task CutNodeApiAsync(SiteNode node, CutDirection direction = CutDirection.Both, CancellationToken cancellation = default) =>
        ApplyAsync($"node-api {node.Name}", direction, $"-s {Of(node)} -d {node.Site.Addresses.ControlPlane}", $"-s {node.Site.Addresses.ControlPlane} -d {Of(node)}", cancellation);

    public static Task MendNodeApiAsync(SiteNode node, CancellationToken cancellation = default) => RemoveAsync($"node-api {node.Name}", cancellation);

    /// <summary>A whole site, from the machine and from the other sites. Inside of it all goes on.</summary>
    public static Task CutSiteAsync(Site site, CutDirection direction = CutDirection.Both, CancellationToken cancellation = default) =>
        ApplyAsync($"site {site.Name}", direction, $"-s {site.Addresses.Range} ! -d {site.Addresses.Range}", $"! -s {site.Addresses.Range} -d {site.Addresses.Range}", cancellation);

    public static Task MendSiteAsync(Site site, CancellationToken cancellation = default) => RemoveAsync($"site {site.Name}", cancellation);

    /// <summary>Names of the cuts in force, e.g. `link east west`, `node east-n2`, `node-api east-n2 from`.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation = default) =>
        [.. (await RulesAsync(cancellation)).Select(rule => rule.Name).Distinct()];

    /// <summary>Mends everything.</summary>
    public static Task MendAllAsync(CancellationToken cancellation = default) => ShellAsync($"iptables -w 10 -t raw -F {Chain} 2>/dev/null || true", cancellation);

    /// <summary>Takes our chain out of the machine's rules.</summary>
    public static Task RemoveChainAsync(CancellationToken cancellation) => ShellAsync($"""
        for hook in PREROUTING OUTPUT; do iptables -w 10 -t raw -D $hook -j {Chain} 2>/dev/null || true; done
        iptables -w 10 -t raw -F {Chain} 2>/dev/null || true
        iptables -w 10 -t raw -X {Chain} 2>/dev/null || true
        """, cancellation);

    private static string Of(SiteNode node) => $"{node.Address},{node.PodRange}";

    private static async Task ApplyAsync(string name, CutDirection direction, string from, string to, CancellationToken cancellation)
    {
        await RemoveAsync(name, cancellation);
        string[] matches = direction switch
        {
            CutDirection.Both => [from, to],
            CutDirection.From => [from],
            CutDirection.To => [to],
            _ => throw new ArgumentOutOfRangeException(nameof(direction)),
        };
        var comment = direction == CutDirection.Both ? name : $"{name} {direction.ToString().ToLowerInvariant()}";
        var rules = string.Join('\n', matches.SelectMany(Split).Select(match => $"-A {Chain} {match} -m comment --comment \"{comment}\" -j DROP"));
        // One commit: there is no moment when only a part of the cut holds.
        await ShellAsync($"""
            iptables -w 10 -t raw -n -L {Chain} >/dev/null 2>&1 || iptables -w 10 -t raw -N {Chain}
            for hook in PREROUTING OUTPUT; do
                iptables -w 10 -t raw -C $hook -j {Chain} 2>/dev/null || iptables -w 10 -t raw -I $hook -j {Chain}
            done
            iptables-restore -w 10 --noflush <<'RULES'
            *raw
            {rules}
            COMMIT
            RULES
            """, cancellation);
    }

    // iptables-restore takes lists of addresses too, but two lists in one rule would multiply in the order of its choice.
    private static IEnumerable<string> Split(string match)
    {
        var list = AddressList().Match(match);
        return list.Success ? list.Value.Split(',').Select(address => match.Replace(list.Value, address, StringComparison.Ordinal)) : [match];
    }

    private static async Task RemoveAsync(string name, CancellationToken cancellation)
    {
        var rules = (await RulesAsync(cancellation)).Where(rule => rule.Name == name || rule.Name == $"{name} from" || rule.Name == $"{name} to").Select(rule => "-D" + rule.Text[2..]).ToArray();
        if (rules.Length == 0) return;
        await ShellAsync($"""
            iptables-restore -w 10 --noflush <<'RULES'
            *raw
            {string.Join('\n', rules)}
            COMMIT
            RULES
            """, cancellation);
    }

    private static async Task<IReadOnlyList<(string Name, string Text)>> RulesAsync(CancellationToken cancellation)
    {
        var listed = await Command.TryAsync(["iptables", "-w", "10", "-t", "raw", "-S", Chain], cancellation);
        return listed.ExitCode != 0 ? [] : [.. from line in listed.Output.Split('\n') let comment = Comment().Match(line) where comment.Success select (comment.Groups[1].Value, line)];
    }

    private static Task ShellAsync(string script, CancellationToken cancellation) => Command.RunAsync(["/bin/sh", "-ec", script], cancellation);

    [GeneratedRegex("--comment \"([^\"]+)\"")]
    private static partial Regex Comment();

    [GeneratedRegex(@"[0-9./]+,[0-9.,/]+")]
    private static partial Regex AddressList();
}
