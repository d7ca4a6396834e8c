using System.Globalization;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Volumes;

/// <summary>
/// Storage of a site: a default StorageClass `local`, and on each node some folders that are PersistentVolumes of it. There is no provisioner:
/// a volume whose claim is gone is wiped and made anew by <see cref="RecycleAsync"/>.
/// </summary>
public sealed class LocalVolumes(Site site)
{
    public const string StorageClass = "local";
    public const int PerNode = 10;
    private const string Path = "/api/v1/persistentvolumes";

    /// <summary>Makes the class and the volumes that are not there.</summary>
    public async Task EnsureAsync(CancellationToken cancellation)
    {
        await site.Api.EnsureAsync("/apis/storage.k8s.io/v1/storageclasses", Class(), cancellation);
        var there = (await site.Api.ListAsync(Path, cancellation)).Select(NameOf).ToHashSet();
        foreach (var node in site.Nodes)
            foreach (var number in Enumerable.Range(1, PerNode))
                if (!there.Contains(Name(node, number)))
                    await MakeAsync(node, number, cancellation);
    }

    /// <summary>Wipes each volume whose claim is gone, and offers it again.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RecycleAsync(CancellationToken cancellation)
    {
        var released = (await site.Api.ListAsync(Path, cancellation)).Where(volume => volume["status"]?["phase"]?.GetValue<string>() is "Released" or "Failed").Select(NameOf).ToHashSet();
        var recycled = 0;
        foreach (var node in site.Nodes)
            foreach (var number in Enumerable.Range(1, PerNode).Where(number => released.Contains(Name(node, number))))
            {
                await site.Api.DeleteAsync($"{Path}/{Name(node, number)}", cancellation);
                await Waiting.UntilAsync($"removal of volume {Name(node, number)}", TimeSpan.FromSeconds(30),
                    async token => await site.Api.GetAsync($"{Path}/{Name(node, number)}", token) is null ? null : "still there", cancellation);
                // What is force-deleted may run on for a moment, and makes and removes files while they are counted.
                await Waiting.UntilAsync($"wiping of volume {Name(node, number)}", TimeSpan.FromSeconds(30), _ => Task.FromResult(Wiped(Folder(node, number))), cancellation);
                await MakeAsync(node, number, cancellation);
                recycled++;
            }
        return recycled;
    }

    private static string? Wiped(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return null;
        }
        catch (IOException problem)
        {
            return problem.Message;
        }
    }

    private async Task MakeAsync(SiteNode node, int number, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder(node, number));
        await site.Api.EnsureAsync(Path, Volume(node, number), cancellation);
    }

    private static string NameOf(JsonNode volume) => volume["metadata"]!["name"]!.GetValue<string>();

    private static string Name(SiteNode node, int number) => string.Create(CultureInfo.InvariantCulture, $"{node.Name}-{number:00}");

    private static string Folder(SiteNode node, int number) => System.IO.Path.Combine(node.VolumesFolder, number.ToString("00", CultureInfo.InvariantCulture));

    private static JsonObject Class() => new()
    {
        ["apiVersion"] = "storage.k8s.io/v1",
        ["kind"] = "StorageClass",
        ["metadata"] = new JsonObject { ["name"] = StorageClass, ["annotations"] = new JsonObject { ["storageclass.kubernetes.io/is-default-class"] = "true" } },
        ["provisioner"] = "kubernetes.io/no-provisioner",
        ["volumeBindingMode"] = "WaitForFirstConsumer",
    };

    private static JsonObject Volume(SiteNode node, int number) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolume",
        ["metadata"] = new JsonObject { ["name"] = Name(node, number) },
        ["spec"] = new JsonObject
        {
            ["storageClassName"] = StorageClass,
            // A name for a size, not a limit: the folders share the machine's disk.
            ["capacity"] = new JsonObject { ["storage"] = "100Gi" },
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["persistentVolumeReclaimPolicy"] = "Retain",
            ["local"] = new JsonObject { ["path"] = Folder(node, number) },
            ["nodeAffinity"] = new JsonObject
            {
                ["required"] = new JsonObject
                {
                    ["nodeSelectorTerms"] = new JsonArray(new JsonObject
                    {
                        ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = "kubernetes.io/hostname", ["operator"] = "In", ["values"] = new JsonArray(node.Name) }),
                    }),
                },
            },
        },
    };
}
