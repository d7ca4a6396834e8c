using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator;
using Tandem.Operator.Links.Agents;
using Tandem.Operator.Telemetry;
using Tandem.Resources;
using Tandem.Shared;

OperatorOptions options;
try
{
    options = OperatorOptions.Parse(args, Environment.GetEnvironmentVariable);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n{OperatorOptions.Usage}");
    return 2;
}

KubernetesJson.Register(TandemJsonContext.Default);
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.Services.AddRoutingCore();
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.ListenAnyIP(options.MetricsPort);
    kestrel.ListenAnyIP(options.HealthPort);
});
builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddSimpleConsole(console =>
{
    console.SingleLine = true;
    console.UseUtcTimestamp = true;
    console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
});

await using var application = builder.Build();
var loggers = application.Services.GetRequiredService<ILoggerFactory>();
var logger = loggers.CreateLogger("Tandem.Operator");
var stopping = application.Lifetime.ApplicationStopping;

OperatorHost? host = null;
application.Run(async context =>
{
    var (status, text) = (context.Connection.LocalPort == options.MetricsPort, context.Request.Path.Value) switch
    {
        (true, "/metrics") => (StatusCodes.Status200OK, host?.Metrics() ?? ""),
        (false, "/healthz") => (StatusCodes.Status200OK, "ok"),
        (false, "/readyz") => host?.IsWarm == true ? (StatusCodes.Status200OK, "ok") : (StatusCodes.Status503ServiceUnavailable, "the caches are not filled yet"),
        _ => (StatusCodes.Status404NotFound, "not found"),
    };
    context.Response.StatusCode = status;
    context.Response.ContentType = status == StatusCodes.Status200OK && context.Request.Path == "/metrics" ? PrometheusText.ContentType : "text/plain; charset=utf-8";
    await context.Response.WriteAsync(text, context.RequestAborted);
});

try
{
    await application.StartAsync(stopping);
    var configuration = KubernetesClientConfiguration.Default(options.Kubeconfig);
    using var client = new KubernetesClient(configuration, logger: loggers.CreateLogger<KubernetesClient>());
    var version = await Startup.ReachServerAsync(client, TimeProvider.System, logger, stopping);
    var agentImage = options.AgentImage ?? await Startup.OwnImageAsync(client, options, stopping);
    Log.Started(logger, options.Site, configuration.ToString(), $"{version.Major}.{version.Minor}", options.Namespaces.Count == 0 ? "all" : string.Join(", ", options.Namespaces), agentImage);
    using var small = ResidentMemory.KeepSmall(TimeProvider.System);
    await using (host = new OperatorHost(client, options, await Startup.HasPolicyV1Async(client, options, stopping), agentImage, new AgentLinkFactory(), TimeProvider.System, new Random(), loggers))
    {
        await host.RunAsync(stopping);
    }

    await application.StopAsync(CancellationToken.None);
    return 0;
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    return 0;
}
catch (Exception exception) when (exception is KubeconfigException or KubernetesException or FormatException or IOException)
{
    Log.CannotStart(logger, exception.Message);
    return 1;
}
