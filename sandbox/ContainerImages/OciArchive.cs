using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>Writes an image of one layer as an OCI archive (image-spec v1), from a root file system that is a tar file already.</summary>
public static class OciArchive
{
    /// <param name="name">Full name, e.g. docker.io/library/postgres:15.</param>
    /// <param name="layer">tar file of the root file system.</param>
    /// <param name="settings">The image's `config`: Env, Entrypoint ...</param>
    public static async Task WriteAsync(string path, string name, string layer, JsonObject settings, CancellationToken cancellation)
    {
        var layerDigest = await DigestAsync(layer, cancellation);
        var layerSize = new FileInfo(layer).Length;
        var configuration = Bytes(new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = settings,
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(layerDigest) },
        });
        var manifest = Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", Digest(configuration), configuration.Length),
            ["layers"] = new JsonArray(Descriptor("application/vnd.oci.image.layer.v1.tar", layerDigest, layerSize)),
        });
        var entry = Descriptor("application/vnd.oci.image.manifest.v1+json", Digest(manifest), manifest.Length);
        entry["annotations"] = new JsonObject { ["io.containerd.image.name"] = name, ["org.opencontainers.image.ref.name"] = name[(name.LastIndexOf(':') + 1)..] };
        var index = Bytes(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry) });

        var aside = path + ".partial";
        await using (var archive = new TarWriter(File.Create(aside), TarEntryFormat.Ustar))
        {
            await AddAsync(archive, "oci-layout", Bytes(new JsonObject { ["imageLayoutVersion"] = "1.0.0" }), cancellation);
            await AddAsync(archive, "index.json", index, cancellation);
            await AddAsync(archive, BlobPath(Digest(manifest)), manifest, cancellation);
            await AddAsync(archive, BlobPath(Digest(configuration)), configuration, cancellation);
            await using var content = File.OpenRead(layer);
            await AddAsync(archive, BlobPath(layerDigest), content, cancellation);
        }
        File.Move(aside, path, overwrite: true);
    }

    private static JsonObject Descriptor(string type, string digest, long size) => new() { ["mediaType"] = type, ["digest"] = digest, ["size"] = size };

    private static string BlobPath(string digest) => string.Create(CultureInfo.InvariantCulture, $"blobs/{digest.Replace(':', '/')}");

    private static byte[] Bytes(JsonObject value) => Encoding.UTF8.GetBytes(value.ToJsonString());

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<string> DigestAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    private static Task AddAsync(TarWriter archive, string name, byte[] content, CancellationToken cancellation) => AddAsync(archive, name, new MemoryStream(content), cancellation);

    // No times: the same content gives the same archive.
    private static async Task AddAsync(TarWriter archive, string name, Stream content, CancellationToken cancellation) =>
        await archive.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content }, cancellation);
}
