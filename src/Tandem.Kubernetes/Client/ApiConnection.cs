using System.Net.Http.Headers;

namespace Tandem.Kubernetes.Client;

/// <summary>
/// One request, one answer, within a deadline. What went wrong on the way is a <see cref="KubernetesUnreachableException"/>, for a deadline that passed with the
/// <see cref="OperationCanceledException"/> inside; the caller's own cancellation stays an <see cref="OperationCanceledException"/>.
/// </summary>
internal sealed class ApiConnection(KubernetesClientConfiguration configuration, KubernetesClientOptions options, TimeProvider time, HttpMessageHandler? handler) : IDisposable
{
    private readonly HttpClient _http = KubernetesHttp.Create(configuration, options, handler);

    public void Dispose() => _http.Dispose();

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, SendOnceContent? body, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await OpenAsync(method, path, body, HttpCompletionOption.ResponseContentRead, timeout, cancellation);
        var content = await response.Content.ReadAsByteArrayAsync(cancellation); // buffered already
        return new ApiAnswer((int)response.StatusCode, content, response.Content.Headers.ContentType?.MediaType == "application/json", RetryAfter(response));
    }

    /// <summary>With <see cref="HttpCompletionOption.ResponseHeadersRead"/> the deadline ends with the headers; the body is the caller's to read, and to bound.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, SendOnceContent? body, HttpCompletionOption completion, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var request = Request(method, path, body);
        try
        {
            var response = await _http.SendAsync(request, completion, either.Token);
            if ((int)response.StatusCode == 401) configuration.Token?.Rejected();
            return response;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new KubernetesUnreachableException($"{method} {path}: no answer within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
        {
            throw new KubernetesUnreachableException($"{method} {path}: {Innermost(e)}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new OperationCanceledException("cancelled while the request was under way", e, cancellation);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, SendOnceContent? body)
    {
        var request = new HttpRequestMessage(method, path) { Content = body, Version = _http.DefaultRequestVersion, VersionPolicy = _http.DefaultVersionPolicy };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (configuration.Token?.Current() is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? header?.Date - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>"Connection refused" says more than "an error occurred while sending the request".</summary>
    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;
}
