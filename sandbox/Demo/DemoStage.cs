using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo;

/// <summary>What the faults play on: the sites, the database in them, and the writer. The first site is the primary one unless a pair says otherwise.</summary>
public sealed class DemoStage(RunningSandbox sandbox, IReadOnlyList<DemoSite> sites, bool pair, Writer writer, Progress progress)
{
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    public RunningSandbox Sandbox => sandbox;
    public IReadOnlyList<DemoSite> Sites => sites;
    public bool HasPair => pair;
    public Writer Writer => writer;
    public Progress Progress => progress;

    /// <summary>The site that takes the writes now.</summary>
    public DemoSite Primary { get; private set; } = sites[0];

    /// <summary>The other one.</summary>
    public DemoSite Standby => sites.First(site => site != Primary);

    /// <summary>The other site has taken over.</summary>
    public void Exchange() => Primary = Standby;

    /// <summary>Waits until everything is Ready and stays so, by status and record; then asks kubectl the same.</summary>
    public Task SettledAsync(CancellationToken cancellation) => SettledAsync(sites, pair, cancellation);

    /// <summary>The cluster of one site alone, where the other one is out of reach.</summary>
    public Task SettledAsync(DemoSite site, CancellationToken cancellation) => SettledAsync([site], false, cancellation);

    private async Task SettledAsync(IReadOnlyList<DemoSite> which, bool withPair, CancellationToken cancellation)
    {
        long? calmSince = null;
        await Waiting.UntilAsync("everything Ready", SettleDeadline, async token =>
        {
            var seen = await UnsettledAsync(which, withPair, token);
            calmSince = seen is null ? calmSince ?? WriteLog.Now() : null;
            return seen ?? (WriteLog.Elapsed(calmSince!.Value, WriteLog.Now()) < Calm ? "Ready, but only just" : null);
        }, cancellation, TimeSpan.FromMilliseconds(300));
        foreach (var site in which)
        {
            await site.KubectlAsync(cancellation, "wait", "--for=condition=Ready", $"databasecluster/{site.Cluster}", "--timeout=20s");
            if (withPair) await site.KubectlAsync(cancellation, "wait", "--for=condition=Ready", $"disasterrecoverypair/{site.Cluster}", "--timeout=20s");
        }
    }

    private async Task<string?> UnsettledAsync(IReadOnlyList<DemoSite> which, bool withPair, CancellationToken cancellation)
    {
        foreach (var site in which)
        {
            if (await site.UnsettledAsync(cancellation) is { } unready) return unready;
            if (withPair && await site.UnsettledPairAsync(Primary.Name, cancellation) is { } unpaired) return unpaired;
        }
        return null;
    }
}
