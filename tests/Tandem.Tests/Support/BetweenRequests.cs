namespace Tandem.Tests.Support;

/// <summary>Does something before each request goes out.</summary>
public sealed class BetweenRequests(Func<HttpRequestMessage, Task> before, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        await before(request);
        return await base.SendAsync(request, cancellation);
    }
}
