using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Tandem.Protocol.Links;
using Tandem.Resources;

namespace Tandem.Agent.Links;

/// <summary>Serves links (mutual TLS) and the kubelet's probes (plain, one word each). One switch over paths: no routing framework, to stay small in memory.</summary>
public sealed class LinkServer(LinkTls tls, ILinkService service, Func<string, bool> isMember, TimeProvider time) : IAsyncDisposable
{
    private WebApplication? _application;

    public async Task StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        _application = builder.Build();
        _application.Run(HandleAsync);
        await _application.StartAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is null) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = 16 * 1024;
        options.Listen(IPAddress.Any, Names.ProbePort, listen => listen.Protocols = HttpProtocols.Http1);
        options.Listen(IPAddress.Any, Names.AgentPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificateSelector = (_, _) => tls.Own,
                ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                ClientCertificateValidation = (certificate, _, _) => tls.Accepts(certificate) && isMember(certificate.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false)),
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            });
        });
    }

    private Task HandleAsync(HttpContext context) => context.Connection.LocalPort == Names.ProbePort ? ProbeAsync(context) : LinkAsync(context);

    private Task ProbeAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/livez" => SayAsync(context, service.Alive, service.Alive ? "ok" : "the loop stands still"),
        "/readyz" => SayAsync(context, service.Snapshot.Ready, service.Snapshot.ReadyReason),
        _ => SayAsync(context, StatusCodes.Status404NotFound, "unknown"),
    };

    private async Task LinkAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/v1/view":
                await WriteAsync(context, service.Snapshot.View, LinkJson.Default.MemberView);
                break;
            case "/v1/report":
                await WriteAsync(context, service.Report, AgentReportJson.Default.AgentReport);
                break;
            case "/v1/beats":
                await BeatAsync(context);
                break;
            case "/v1/attach" when await ReadAsync(context, LinkJson.Default.AttachRequest) is { } attach:
                if (await service.AttachAsync(attach, context.RequestAborted)) await WriteAsync(context, attach, LinkJson.Default.AttachRequest);
                else context.Response.StatusCode = StatusCodes.Status409Conflict;
                break;
            case "/v1/hold" when await ReadAsync(context, LinkJson.Default.HoldRequest) is { } hold:
                await WriteAsync(context, await service.HoldAsync(hold), LinkJson.Default.HoldAnswer);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    /// <summary>A beat per line for as long as the peer listens. Where this agent holds nothing, the stream stays open and silent lines tell so.</summary>
    private async Task BeatAsync(HttpContext context)
    {
        context.Response.ContentType = "application/x-ndjson";
        try
        {
            await foreach (var beat in service.BeatsAsync(context.RequestAborted))
            {
                if (beat is not null)
                {
                    await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(beat, LinkJson.Default.Beat), context.RequestAborted);
                    await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }
                else if (!context.Response.HasStarted)
                {
                    await context.Response.StartAsync(context.RequestAborted);
                }            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // The listener went away: what it makes of that is its own affair.
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), context.RequestAborted);
    }

    private static Task SayAsync(HttpContext context, bool well, string word) => SayAsync(context, well ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, word);

    private static Task SayAsync(HttpContext context, int status, string word)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(word);
    }
}
