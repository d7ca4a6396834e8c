using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Tandem.Tests.Support;

/// <summary>etcd behind an API server, over its JSON gateway.</summary>
public static class Etcd
{
    /// <summary>Forgets every state but the present one: what older watches and pages stand on is gone.</summary>
    public static async Task CompactAsync(string url)
    {
        using var http = new HttpClient();
        using var now = await http.PostAsJsonAsync($"{url}/v3/kv/range", new JsonObject { ["key"] = "AA==" });
        now.EnsureSuccessStatusCode();
        var revision = (await now.Content.ReadFromJsonAsync<JsonObject>())!["header"]!["revision"]!.GetValue<string>();
        using var compacted = await http.PostAsJsonAsync($"{url}/v3/kv/compaction", new JsonObject { ["revision"] = revision, ["physical"] = true });
        compacted.EnsureSuccessStatusCode();
    }
}
