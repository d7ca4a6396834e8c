using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Events;

[Collection(ApiServerCollection.Name)]
public sealed class EventRecorderTests(ApiServerFixture api)
{
    private static readonly EventRecorderOptions Options = new() { Component = "tandem-operator", Instance = "operator-0" };

    [Fact]
    public async Task What_repeats_is_counted_up_in_one_event()
    {
        var (ns, about) = await ObjectAsync();
        var recorder = Recorder();
        await using var running = Running.Start(recorder.RunAsync);
        recorder.Warning(about, "PrimaryLost", "orders-1 is gone");
        await Eventually.TrueAsync(async () => (await EventsAsync(ns)).Count == 1);
        recorder.Warning(about, "PrimaryLost", "orders-1 is gone");
        recorder.Warning(about, "PrimaryLost", "orders-1 is gone");
        recorder.Normal(about, "Promoted", "orders-2 is primary");
        await Eventually.TrueAsync(async () => (await EventsAsync(ns)).Count == 2);

        var events = await EventsAsync(ns);
        var lost = events.Single(e => e.Reason == "PrimaryLost");
        Assert.Equal((3, 3, "Warning", "orders-1 is gone"), (lost.Count!.Value, lost.Series!.Count!.Value, lost.Type!, lost.Message!));
        Assert.Equal(about.Metadata.Uid, lost.InvolvedObject.Uid);
        Assert.Equal(("tandem-operator", "ConfigMap"), (lost.Source!.Component!, lost.InvolvedObject.Kind!));
        Assert.Equal(1, events.Single(e => e.Reason == "Promoted").Count);
    }

    [Fact]
    public async Task Many_messages_of_one_reason_are_combined()
    {
        var (ns, about) = await ObjectAsync();
        var recorder = Recorder(Options with { SimilarLimit = 3 });
        await using var running = Running.Start(recorder.RunAsync);
        for (var i = 0; i < 8; i++) recorder.Normal(about, "Lagging", $"{i} MiB behind");
        recorder.Normal(about, "End", "");
        await Eventually.TrueAsync(async () => (await EventsAsync(ns)).Any(e => e.Reason == "End"));
        var lagging = (await EventsAsync(ns)).Where(e => e.Reason == "Lagging").ToList();
        Assert.Equal(4, lagging.Count);
        var combined = lagging.Single(e => e.Message!.StartsWith("(combined from similar events)", StringComparison.Ordinal));
        Assert.Equal((5, "(combined from similar events) 7 MiB behind"), (combined.Count!.Value, combined.Message!));
    }

    [Fact]
    public async Task An_object_that_has_too_many_loses_some_and_others_lose_none()
    {
        var (ns, noisy) = await ObjectAsync();
        var (otherNs, quiet) = await ObjectAsync();
        var recorder = Recorder(Options with { Burst = 2 });
        await using var running = Running.Start(recorder.RunAsync);
        for (var i = 0; i < 6; i++) recorder.Normal(noisy, $"Reason{i}", "x");
        recorder.Normal(quiet, "Heard", "x");
        await Eventually.TrueAsync(async () => (await EventsAsync(otherNs)).Count == 1);
        Assert.Equal(2, (await EventsAsync(ns)).Count);
    }

    [Fact]
    public async Task An_event_that_was_written_but_whose_answer_was_lost_is_not_written_twice()
    {
        var (ns, about) = await ObjectAsync();
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        var direct = api.Configuration;
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = proxy.Address, CertificateAuthority = direct.CertificateAuthority, ClientCertificate = direct.ClientCertificate });
        await client.GetVersionAsync(CancellationToken.None);
        var recorder = Recorder(Options with { RetryDelay = TimeSpan.FromMilliseconds(10) }, client);
        await using var running = Running.Start(recorder.RunAsync);
        proxy.SwallowAnswers = true;
        recorder.Normal(about, "Promoted", "once");
        await Eventually.TrueAsync(async () => (await EventsAsync(ns)).Count == 1);
        proxy.SwallowAnswers = false;
        proxy.Cut();
        recorder.Normal(about, "Next", "after it");
        await Eventually.TrueAsync(async () => (await EventsAsync(ns)).Any(e => e.Reason == "Next"));
        Assert.Equal(1, (await EventsAsync(ns)).Single(e => e.Reason == "Promoted").Count);
    }

    [Fact]
    public async Task Recording_never_throws_and_what_waits_is_written_at_the_end()
    {
        var (ns, about) = await ObjectAsync();
        var recorder = Recorder(Options with { Capacity = 2 });
        recorder.Normal(null!, "Odd", "x");
        recorder.Normal(about, "A", "x");
        recorder.Normal(about, "B", new string('x', 5000));
        recorder.Normal(about, "C", "one too many");
        await recorder.RunAsync(new CancellationToken(canceled: true));
        Assert.Equal(["A", "B"], (await EventsAsync(ns)).Select(e => e.Reason!).Order());
    }

    private async Task<(string Namespace, V1ConfigMap Object)> ObjectAsync()
    {
        var ns = await api.NamespaceAsync();
        var made = await api.Client.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "about", Namespace = ns } }, CancellationToken.None);
        return (ns, Assert.IsType<SwapResult<V1ConfigMap>.Applied>(made).Value);
    }

    private async Task<IReadOnlyList<CoreV1Event>> EventsAsync(string ns) => (await api.Client.ListAsync<CoreV1Event>(ns)).Items;

    private EventRecorder Recorder(EventRecorderOptions? options = null, IKubernetesClient? client = null) =>
        new(client ?? api.Client, options ?? Options, TimeProvider.System, new Random(1), NullLogger.Instance);
}
