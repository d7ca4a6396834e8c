using System.Text;
using System.Text.Json;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>One answer of the API server, or of a proxy that answered in its place.</summary>
internal sealed class ApiAnswer(int statusCode, byte[] body, bool isJson, TimeSpan? retryAfter)
{
    public int StatusCode { get; } = statusCode;
    public byte[] Body { get; } = body;
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public bool IsSuccess => StatusCode is >= 200 and < 300;

    /// <summary>The server's own word on an error; null where a proxy answered, or the server before it looked at the request.</summary>
    public V1Status? Status { get; } = statusCode is >= 200 and < 300 || !isJson ? null : ReadStatus(body);

    /// <summary>
    /// The object is not there. A bare 404 says less: that nobody serves this type now, as for the first moments of an API server that has
    /// not loaded its custom resources yet. Who took it for absence would take every cluster for deleted.
    /// </summary>
    public bool IsAbsent => StatusCode == 404 && Status?.Reason == "NotFound";

    public string Message => Status?.Message is { Length: > 0 } message ? message : $"HTTP {StatusCode}: {Excerpt()}";

    public T Read<T>()
    {
        try
        {
            return KubernetesJson.Deserialize<T>(Body);
        }
        catch (JsonException e)
        {
            throw new KubernetesException(StatusCode, "Unreadable", $"the answer is not a {typeof(T).Name}: {e.Message}");
        }
    }

    public Exception Error() =>
        Status is null && StatusCode >= 500 ? new KubernetesUnreachableException(Message) : new KubernetesException(StatusCode, Status?.Reason ?? "", Message);

    /// <summary>
    /// Which outcomes of a write are sure. Every 4xx is given before anything is stored: also 401, and 429 (the server sheds load, or an etcd that does, ahead of the request),
    /// so they are refusals, though worth a later attempt of the caller's own. 408 is a proxy that stopped waiting, 5xx a server that does not know.
    /// </summary>
    public SwapResult<T> ToSwapResult<T>() => StatusCode switch
    {
        >= 200 and < 300 => Applied<T>(),
        409 => new SwapResult<T>.Conflict(),
        404 when IsAbsent => new SwapResult<T>.Absent(),
        408 => new SwapResult<T>.Unknown(Message),
        >= 400 and < 500 => new SwapResult<T>.Refused(StatusCode, Message),
        _ => new SwapResult<T>.Unknown(Message),
    };

    private SwapResult<T> Applied<T>()
    {
        try
        {
            return new SwapResult<T>.Applied(Read<T>());
        }
        catch (KubernetesException e)
        {
            return new SwapResult<T>.Unknown(e.Message);
        }
    }

    private static V1Status? ReadStatus(byte[] body)
    {
        try
        {
            var status = KubernetesJson.Deserialize<V1Status>(body);
            return status.Kind == "Status" ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Excerpt()
    {
        var text = Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 200))).Trim();
        return text.Length == 0 ? "no body" : text;
    }
}
