using System.Net;
using System.Net.Http.Headers;

namespace Tandem.Kubernetes.Client;

/// <summary>
/// A request body that can be sent once. The HTTP handler may send a request again on a fresh connection when a pooled one turns out to be dead; a write that was
/// sent twice may be applied twice, or late, after its sender took it for settled [C9]. With this body it cannot: the second attempt fails here, and its sender learns "unknown".
/// </summary>
internal sealed class SendOnceContent : HttpContent
{
    private readonly byte[] _body;
    private int _sent;

    public SendOnceContent(byte[] body, string mediaType)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _sent, 1) != 0) throw new HttpRequestException("a write is sent once: the connection failed after it was sent");
        await stream.WriteAsync(_body, cancellation);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
