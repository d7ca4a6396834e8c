using Tandem.Kubernetes.Client;

namespace Tandem.Simulation.Api;

/// <summary>What the server says: an HTTP status, and the object as it is stored (frozen) or why not.</summary>
/// <param name="Reason">As in metav1.Status; empty where the answer is not the API's own word (a proxy, or a type that is not served).</param>
internal readonly record struct ApiReply<R>(int Code, R? Value, string Reason = "", string Message = "", TimeSpan? RetryAfter = null)
{
    public bool IsSuccess => Code is >= 200 and < 300;
    public bool IsAbsent => Code == 404 && Reason == "NotFound";

    public static ApiReply<R> Of(R value) => new(200, value);

    public static ApiReply<R> NotFound(string what) => new(404, default, "NotFound", $"{what} not found");

    public static ApiReply<R> Conflict(string why) => new(409, default, "Conflict", why);

    public static ApiReply<R> Invalid(string why) => new(422, default, "Invalid", why);

    /// <summary>As the real client classifies: a bare 5xx is a proxy's or a half-dead server's, and no answer.</summary>
    public Exception Error() => Reason.Length == 0 && Code >= 500 ? new KubernetesUnreachableException(Message) : new KubernetesException(Code, Reason, Message);
}

/// <summary>As <see cref="KubernetesClient"/> makes of the answer to a write.</summary>
internal static class WriteReplies
{
    public static SwapResult<T> ToSwapResult<T>(this ApiReply<T> reply) where T : class => reply.Code switch
    {
        >= 200 and < 300 => new SwapResult<T>.Applied(Copies.Of(reply.Value!)),
        409 => new SwapResult<T>.Conflict(),
        404 when reply.IsAbsent => new SwapResult<T>.Absent(),
        408 => new SwapResult<T>.Unknown(reply.Message),
        >= 400 and < 500 => new SwapResult<T>.Refused(reply.Code, reply.Message),
        _ => new SwapResult<T>.Unknown(reply.Message),
    };
}
