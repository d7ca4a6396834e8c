using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>The body of a watch: one JSON object a line, <c>{"type": …, "object": …}</c>, as long as the server sends.</summary>
internal static class WatchReader
{
    /// <exception cref="WatchExpiredException">410 inside the stream.</exception>
    /// <exception cref="KubernetesUnreachableException">The stream broke off.</exception>
    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(Stream stream, ILogger logger, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubernetesObject
    {
        var pipe = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var (buffer, completed) = await FillAsync(pipe, cancellation);
                while (TryTakeLine(ref buffer, out var line))
                {
                    if (Parse<T>(line, logger) is { } @event) yield return @event;
                }
                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (completed) yield break; // half a line at the end is of an event that the next watch brings whole
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private static async Task<(ReadOnlySequence<byte> Buffer, bool Completed)> FillAsync(PipeReader pipe, CancellationToken cancellation)
    {
        try
        {
            var result = await pipe.ReadAsync(cancellation);
            return (result.Buffer, result.IsCompleted);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new KubernetesUnreachableException($"the watch broke off: {e.Message}", e);
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }
        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    /// <returns>Null where this build cannot read the object: it is logged, and the others go on.</returns>
    private static WatchEvent<T>? Parse<T>(ReadOnlySequence<byte> line, ILogger logger) where T : class, IKubernetesObject
    {
        if (line.IsEmpty) return null;
        using var document = ParseLine(line);
        var type = document.RootElement.GetProperty("type").GetString();
        var value = document.RootElement.GetProperty("object");
        return type switch
        {
            "ADDED" => Read<T>(WatchEventType.Added, value, logger),
            "MODIFIED" => Read<T>(WatchEventType.Modified, value, logger),
            "DELETED" => Read<T>(WatchEventType.Deleted, value, logger),
            "BOOKMARK" => Bookmark<T>(value),
            "ERROR" => throw Error(value),
            _ => null, // of a newer server
        };
    }

    private static JsonDocument ParseLine(ReadOnlySequence<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new KubernetesUnreachableException($"the watch is garbled: {e.Message}", e);
        }
    }

    private static WatchEvent<T>? Read<T>(WatchEventType type, JsonElement json, ILogger logger) where T : class, IKubernetesObject
    {
        var unreadable = ObjectReader.TryRead<T>(json, out var value);
        if (unreadable is null) return new WatchEvent<T>(type, value!);
        Log.ObjectUnreadable(logger, typeof(T).Name, unreadable.Namespace, unreadable.Name, unreadable.Message);
        return null;
    }

    /// <summary>Only the resourceVersion is read: the rest of the object is empty, and a type may require more.</summary>
    private static WatchEvent<T> Bookmark<T>(JsonElement json) where T : class, IKubernetesObject
    {
        var version = json.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
        var value = KubernetesJson.Deserialize<T>("{}");
        value.Metadata = new V1ObjectMeta { ResourceVersion = version };
        return new WatchEvent<T>(WatchEventType.Bookmark, value);
    }

    private static Exception Error(JsonElement json)
    {
        var status = json.Deserialize(KubernetesJson.TypeInfo<V1Status>())!;
        var message = status.Message ?? "the watch failed";
        return status is { Code: 410 } or { Reason: "Expired" or "Gone" } ? new WatchExpiredException(message) : new KubernetesException(status.Code ?? 0, status.Reason ?? "", message);
    }
}
