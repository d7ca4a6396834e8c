using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Client;

/// <summary>
/// What Tandem needs of a Kubernetes API server. Every call is a live request; caches are built from <see cref="ListAsync{T}"/> and <see cref="WatchAsync{T}"/>.
/// Expected outcomes are values (<see cref="SwapResult{T}"/>, null for absent). Every other answer is a <see cref="KubernetesException"/>; no answer at all
/// is a <see cref="KubernetesUnreachableException"/>. Reads may be retried inside; writes never are: whoever sends one settles it.
/// </summary>
public interface IKubernetesClient
{
    /// <returns>The object, or null where it does not exist. That nobody serves its type (404 without a word of the API) is an error, not absence.</returns>
    Task<T?> GetAsync<T>(string name, string? @namespace, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>All pages of a list, from the most recent state (not from the API server's watch cache).</summary>
    Task<KubernetesList<T>> ListAsync<T>(string? @namespace, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) where T : class, IKubernetesObject;

    /// <summary>One watch request: ends when the server ends it. 410 and in-stream Expired are <see cref="WatchExpiredException"/>.</summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(string? @namespace, string resourceVersion, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) where T : class, IKubernetesObject;

    /// <summary>Cancelled before it is sent, a write throws; once it is sent, it is <see cref="SwapResult{T}.Unknown"/>. So for all that return a <see cref="SwapResult{T}"/>.</summary>
    /// <returns><see cref="SwapResult{T}.Conflict"/> where an object of that name exists already.</returns>
    Task<SwapResult<T>> CreateAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>Replaces the object if its <c>metadata.resourceVersion</c> is still the one in <paramref name="value"/> (which must be set): compare-and-swap. Sent once.</summary>
    Task<SwapResult<T>> SwapAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>As <see cref="SwapAsync{T}"/>, of the status subresource.</summary>
    Task<SwapResult<T>> SwapStatusAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>Sent once, as all writes; a <see cref="KubernetesUnreachableException"/> leaves open whether it was applied: apply again. Server-side apply of the fields present in <paramref name="value"/>, under a field manager. With <paramref name="force"/>, takes fields over from other managers.</summary>
    Task<T> ApplyAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>Server-side apply of the status subresource.</summary>
    Task<T> ApplyStatusAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <summary>JSON merge patch (RFC 7386); <paramref name="patch"/> is the JSON text. With a resourceVersion in it, a compare-and-swap.</summary>
    Task<SwapResult<T>> PatchAsync<T>(string name, string? @namespace, string patch, CancellationToken cancellation) where T : class, IKubernetesObject;

    /// <returns>False where it does not exist, or a precondition does not hold.</returns>
    Task<bool> DeleteAsync<T>(string name, string? @namespace, DeleteOptions? options = null, CancellationToken cancellation = default) where T : class, IKubernetesObject;

    /// <summary>Version of the server, e.g. (1, 20), for choices between APIs.</summary>
    Task<KubernetesVersion> GetVersionAsync(CancellationToken cancellation);
}

/// <summary>Outcome of a compare-and-swap. A closed set: switch over it.</summary>
public abstract record SwapResult<T>
{
    private SwapResult() { }

    /// <summary>Applied; <paramref name="Value"/> is the object as stored, with its new resourceVersion.</summary>
    public sealed record Applied(T Value) : SwapResult<T>;

    /// <summary>Not applied, and never will be: somebody else wrote first (409).</summary>
    public sealed record Conflict : SwapResult<T>;

    /// <summary>Not applied, and never will be: no such object (404).</summary>
    public sealed record Absent : SwapResult<T>;

    /// <summary>
    /// Refused by the API (400, 403, 422 ...) and never will be applied; <paramref name="Message"/> is the server's.
    /// 401 and 429 are refusals too, of this request: another attempt, with a swap of its own, may succeed.
    /// </summary>
    public sealed record Refused(int StatusCode, string Message) : SwapResult<T>;

    /// <summary>No answer, or a server error: it may have been applied, or may still be. So is a write whose caller cancelled it under way. Settled only as the protocol says [C9].</summary>
    public sealed record Unknown(string Message) : SwapResult<T>;
}

public enum WatchEventType { Added, Modified, Deleted, Bookmark }

/// <param name="Value">The object; for a bookmark only its metadata.resourceVersion means anything.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T Value);

/// <param name="ResourceVersion">Where a watch goes on from.</param>
public sealed record KubernetesList<T>(IReadOnlyList<T> Items, string ResourceVersion)
{
    /// <summary>Objects that exist but that this build cannot read: not in <see cref="Items"/>, and not to be taken for absent.</summary>
    public IReadOnlyList<UnreadableObject> Unreadable { get; init; } = [];
}

public sealed record UnreadableObject(string? Namespace, string Name, string Message);

public sealed record KubernetesVersion(int Major, int Minor)
{
    public bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);
}

public sealed record DeleteOptions(string? Uid = null, string? ResourceVersion = null, int? GracePeriodSeconds = null, string? PropagationPolicy = null);

/// <summary>The API server answered with an error that is not an expected outcome.</summary>
public class KubernetesException(int statusCode, string reason, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;
    public string Reason { get; } = reason;
}

/// <summary>No answer: connection refused, timed out, broken off, or 5xx of a proxy in between.</summary>
public sealed class KubernetesUnreachableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>410 Gone: the resourceVersion is too old; list again.</summary>
public sealed class WatchExpiredException(string message) : Exception(message);
