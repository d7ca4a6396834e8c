using System.Text.Json;
using System.Text.Json.Nodes;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Simulation.Api;

internal sealed partial class ObjectStore<T>
{
    /// <param name="value">The sender's own copy: it becomes the stored object.</param>
    public ApiReply<T> Create(T value, string writer, bool isWhole = false)
    {
        var metadata = value.Metadata;
        if (metadata.ResourceVersion is { Length: > 0 }) return new ApiReply<T>(400, null, "BadRequest", "resourceVersion should not be set on objects to be created");
        if (metadata.Name is not { Length: > 0 }) return ApiReply<T>.Invalid("metadata.name: a name is required");
        if (Find(metadata.Namespace, metadata.Name) is not null) return new ApiReply<T>(409, null, "AlreadyExists", $"{typeof(T).Name} \"{metadata.Name}\" already exists");
        var entity = EntityMetadata.Of<T>();
        (value.ApiVersion, value.Kind) = (entity.ApiVersion, entity.Kind);
        metadata.Uid = server.NewUid();
        metadata.CreationTimestamp = Copies.Seconds(server.Clock.Wall);
        metadata.DeletionTimestamp = null;
        metadata.DeletionGracePeriodSeconds = null;
        metadata.Generation = Parts<T>.HasStatus ? 1 : null;
        if (!isWhole && Parts<T>.HasStatus) StatusOfNew(value);
        Admission.Complete(server, value, null);
        return ApiReply<T>.Of(Commit(null, value, writer));
    }

    /// <summary>Compare-and-swap where <paramref name="value"/> names a version, as all swaps do.</summary>
    public ApiReply<T> Replace(T value, Subresource subresource, string writer)
    {
        var name = value.Metadata.Name ?? "";
        if (Find(value.Metadata.Namespace, name) is { } stored) return Finish(stored, value, subresource, writer);
        // The uid is a precondition, and nothing has none.
        return value.Metadata.Uid is { Length: > 0 } uid ? ApiReply<T>.Conflict($"precondition failed: UID in precondition: {uid}, UID in object meta: ") : NotFound(name);
    }

    public ApiReply<T> Patch(string? @namespace, string name, string patch, string writer)
    {
        if (Find(@namespace, name) is not { } stored) return NotFound(name);
        T patched;
        try
        {
            patched = Parse(MergePatch.Apply(ToJson(stored), JsonNode.Parse(patch))!);
        }
        catch (JsonException e)
        {
            return new ApiReply<T>(400, null, "BadRequest", e.Message);
        }
        return Finish(stored, patched, Subresource.None, writer);
    }

    /// <summary>Server-side apply. Which fields a manager has applied is remembered, so that those which it applies no longer go.</summary>
    public ApiReply<T> Apply(T value, string manager, Subresource subresource, string writer)
    {
        var wanted = ToJson(value);
        (wanted["metadata"] as JsonObject)?.Remove("resourceVersion");
        var key = Key(value.Metadata.Namespace, value.Metadata.Name!);
        var owner = subresource == Subresource.Status ? $"{manager}/status" : manager;
        var before = _applied.GetValueOrDefault(key)?.GetValueOrDefault(owner);
        var stored = Find(value.Metadata.Namespace, value.Metadata.Name!);
        if (stored is null && subresource == Subresource.Status) return NotFound(value.Metadata.Name!);
        if (stored is not null && value.Metadata.ResourceVersion is { Length: > 0 } version && version != stored.Metadata.ResourceVersion) return ApiReply<T>.Conflict("the object has been modified");

        var reply = stored is null
            ? Create(Parse(wanted.DeepClone()), writer)
            : Finish(stored, Parse(ServerSideApply.Merge(ToJson(stored), wanted, before)), subresource, writer);
        if (!reply.IsSuccess) return reply;
        if (!_applied.TryGetValue(key, out var managers)) _applied[key] = managers = [];
        managers[owner] = wanted;
        return reply;
    }

    public ApiReply<bool> Delete(string? @namespace, string name, DeleteOptions? options, string writer)
    {
        if (Find(@namespace, name) is not { } stored) return ApiReply<bool>.NotFound($"{typeof(T).Name} \"{name}\"");
        if (options?.Uid is { } uid && uid != stored.Metadata.Uid) return ApiReply<bool>.Conflict("precondition failed: UID");
        if (options?.ResourceVersion is { } version && version != stored.Metadata.ResourceVersion) return ApiReply<bool>.Conflict("precondition failed: resourceVersion");

        var grace = stored is V1Pod pod ? PodDeletion.Grace(pod, options?.GracePeriodSeconds) : 0;
        if (grace == 0 && stored.Metadata.Finalizers is not { Count: > 0 })
        {
            Commit(stored, null, writer);
            return ApiReply<bool>.Of(true);
        }
        // Asked again, it may only become shorter.
        if (stored.Metadata.DeletionTimestamp is not null && stored.Metadata.DeletionGracePeriodSeconds <= grace) return ApiReply<bool>.Of(true);
        var next = LastState(stored);
        next.Metadata.DeletionTimestamp = Copies.Seconds(server.Clock.Wall) + TimeSpan.FromSeconds(grace);
        next.Metadata.DeletionGracePeriodSeconds = grace;
        if (next.Metadata.Generation is { } generation) next.Metadata.Generation = generation + 1;
        Commit(stored, next, writer);
        return ApiReply<bool>.Of(true);
    }

    public void Collect(IKubernetesObject garbage) => Delete(garbage.Metadata.Namespace, garbage.Metadata.Name!, new DeleteOptions(Uid: garbage.Metadata.Uid), "garbage-collector");

    /// <summary>What holds for every write over an object that is there.</summary>
    /// <param name="next">Becomes the stored object, if anything in it differs.</param>
    private ApiReply<T> Finish(T stored, T next, Subresource subresource, string writer)
    {
        var (was, now) = (stored.Metadata, next.Metadata);
        if (now.ResourceVersion is { Length: > 0 } && now.ResourceVersion != was.ResourceVersion) return ApiReply<T>.Conflict("the object has been modified; please apply your changes to the latest version and try again");
        if (now.Uid is { Length: > 0 } && now.Uid != was.Uid) return ApiReply<T>.Conflict($"precondition failed: UID in precondition: {now.Uid}, UID in object meta: {was.Uid}");

        if (subresource == Subresource.Status)
        {
            var written = next;
            next = LastState(stored);
            Parts<T>.TakeStatus(written, next);
            now = next.Metadata;
        }
        else
        {
            (next.ApiVersion, next.Kind) = (stored.ApiVersion, stored.Kind);
            (now.Name, now.Namespace, now.Uid, now.CreationTimestamp) = (was.Name, was.Namespace, was.Uid, was.CreationTimestamp);
            (now.DeletionTimestamp, now.DeletionGracePeriodSeconds, now.Generation) = (was.DeletionTimestamp, was.DeletionGracePeriodSeconds, was.Generation);
            if (subresource == Subresource.None && Parts<T>.HasStatus) Parts<T>.TakeStatus(stored, next);
            Admission.Complete(server, next, stored);
            if (subresource == Subresource.None && Admission.WhyNot(stored, next) is { } why) return ApiReply<T>.Invalid(why);
        }

        now.ResourceVersion = was.ResourceVersion;
        if (Copies.AreEqual(stored, next)) return ApiReply<T>.Of(stored); // as the real server: a write that changes nothing is none
        if (Parts<T>.HasStatus && subresource != Subresource.Status && !Parts<T>.SameSpec(stored, next)) now.Generation = (was.Generation ?? 0) + 1;
        if (now.DeletionTimestamp is not null && now.Finalizers is not { Count: > 0 } && now.DeletionGracePeriodSeconds is null or 0)
        {
            Commit(stored, null, writer);
            return ApiReply<T>.Of(next);
        }
        return ApiReply<T>.Of(Commit(stored, next, writer));
    }

    private static void StatusOfNew(T value)
    {
        Parts<T>.TakeStatus(Empty, value);
        if (value is V1Pod pod) pod.Status = new V1PodStatus { Phase = "Pending" };
    }

    private static readonly T Empty = Activator.CreateInstance<T>();

    private static JsonObject ToJson(T value) => (JsonObject)JsonSerializer.SerializeToNode(value, KubernetesJson.TypeInfo<T>())!;

    private static T Parse(JsonNode json) => json.Deserialize(KubernetesJson.TypeInfo<T>()) ?? throw new JsonException("null where an object was expected");
}

/// <summary>What of an object a write is about.</summary>
internal enum Subresource
{
    /// <summary>All but the status.</summary>
    None,
    Status,

    /// <summary>All of it: what Kubernetes' own parts and the harness do in one step.</summary>
    Whole,
}
