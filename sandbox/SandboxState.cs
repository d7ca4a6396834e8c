using System.Text.Json;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox;

/// <summary>What `up` was asked for and what the machine was like before; written before anything else is made.</summary>
public sealed record SandboxState
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    public required IReadOnlyList<string> Sites { get; init; }

    /// <summary>Nodes of each site.</summary>
    public required int Nodes { get; init; }

    /// <summary>Folder of the Kubernetes programs that the sites run.</summary>
    public required string Programs { get; init; }

    public required string Etcd { get; init; }
    public required Version Kubernetes { get; init; }

    public required Dictionary<string, string> MachineSettings { get; init; }

    /// <summary>The folders outside of ours that were not there before, and go if they are empty.</summary>
    public required IReadOnlyList<string> MadeFolders { get; init; }

    private static string Path => System.IO.Path.Combine(SandboxPaths.Home, "sandbox.json");

    /// <returns>Null where there is no sandbox.</returns>
    public static SandboxState? Read() => File.Exists(Path) ? JsonSerializer.Deserialize<SandboxState>(File.ReadAllText(Path), Format) : null;

    public void Write()
    {
        Directory.CreateDirectory(SandboxPaths.Home);
        var aside = Path + ".partial";
        File.WriteAllText(aside, JsonSerializer.Serialize(this, Format));
        File.Move(aside, Path, overwrite: true);
    }
}
