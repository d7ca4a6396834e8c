using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Events;

/// <summary>Something happened, once.</summary>
internal sealed record EventOccurrence(EventObject Object, string Type, string Reason, string Message, DateTimeOffset At);

/// <summary>What an event is about.</summary>
internal sealed record EventObject(string ApiVersion, string Kind, string? Namespace, string Name, string? Uid)
{
    public static EventObject Of(IKubernetesObject value)
    {
        var entity = EntityMetadata.Of(value.GetType());
        return new EventObject(value.ApiVersion ?? entity.ApiVersion, value.Kind ?? entity.Kind, value.Metadata.Namespace, value.Metadata.Name ?? "", value.Metadata.Uid);
    }

    public V1ObjectReference Reference() => new() { ApiVersion = ApiVersion, Kind = Kind, Namespace = Namespace, Name = Name, Uid = Uid };

    public override string ToString() => $"{Kind} {(Namespace is null ? "" : Namespace + "/")}{Name}";
}
