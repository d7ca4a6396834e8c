using System.Text;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>Looks for what the Secrets of a namespace hold wherever people look: every log of the site's pods, living or dead, every object but the Secrets, every command line.</summary>
internal static class Secrecy
{
    /// <summary>Shorter words could stand anywhere.</summary>
    private const int ShortestSecret = 12;

    /// <returns>What was found, in words without the secret itself; and how much was looked for, in how many places.</returns>
    public static async Task<(IReadOnlyList<string> Found, int Secrets, int Logs)> SearchAsync(DemoSite site)
    {
        var secrets = await SecretsAsync(site);
        var logs = Directory.EnumerateFiles(site.Site.Folder, "*", SearchOption.AllDirectories).Where(file => file.Contains("/log/pods/", StringComparison.Ordinal)).ToList();
        List<string> found = [];
        foreach (var log in logs) Look(log, await File.ReadAllTextAsync(log));
        foreach (var kind in (string[])["events", "pods", "configmaps", "leases", "services", "databaseclusters", "disasterrecoverypairs", "persistentvolumeclaims"])
            Look($"kubectl get {kind}", await site.KubectlAsync(default, "get", kind, "--all-namespaces", "--output=yaml"));
        foreach (var process in HostProcess.All()) Look($"command line of {process.Name} ({process.Id})", process.CommandLine());

        return (found, secrets.Count, logs.Count);

        void Look(string place, string text) => found.AddRange(secrets.Where(secret => text.Contains(secret.Value, StringComparison.Ordinal)).Select(secret => $"{secret.Key} in {place}"));
    }

    /// <summary>Passwords, tokens, and each line of private keys, by where they come from.</summary>
    private static async Task<Dictionary<string, string>> SecretsAsync(DemoSite site)
    {
        Dictionary<string, string> secrets = [];
        foreach (var secret in JsonNode.Parse(await site.KubectlAsync(default, "get", "secrets", "--output=json"))!["items"]!.AsArray())
        {
            foreach (var (key, value) in secret!["data"]?.AsObject() ?? [])
            {
                var text = Encoding.UTF8.GetString(Convert.FromBase64String(value!.GetValue<string>()));
                var words = key switch
                {
                    "password" or "token" => [text],
                    "kubeconfig" => text.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("token:", StringComparison.Ordinal)).Select(line => line["token:".Length..].Trim(' ', '"')),
                    _ when key.EndsWith(".key", StringComparison.Ordinal) => text.Split('\n').Where(line => line.Length > 40 && !line.StartsWith("-----", StringComparison.Ordinal)),
                    _ => [],
                };
                foreach (var (word, index) in words.Where(word => word.Length >= ShortestSecret).Select((word, index) => (word, index)))
                    secrets[$"{secret["metadata"]!["name"]}/{key}[{index}]"] = word;
            }
        }

        return secrets;
    }
}
