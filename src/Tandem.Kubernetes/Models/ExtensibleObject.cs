using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Models;

/// <summary>
/// Base of every part of an object: keeps the fields that are not modelled here, so that who reads, modifies and writes
/// an object takes nothing away from it (fields of newer servers, of other controllers).
/// </summary>
public abstract record ExtensibleObject
{
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unmodelled { get; set; }
}
