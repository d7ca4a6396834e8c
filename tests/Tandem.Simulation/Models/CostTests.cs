using System.Diagnostics;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Xunit;
using Xunit.Abstractions;

namespace Tandem.Simulation.Models;

/// <summary>What the model costs, and that a seed repeats itself.</summary>
public sealed class CostTests(ITestOutputHelper output)
{
    [Fact]
    public void Swaps_of_one_object_with_three_watchers_cost_microseconds()
    {
        const int Swaps = 20_000;
        Busy(1, 2_000);
        var begun = Stopwatch.GetTimestamp();
        var (world, seen) = Busy(1, Swaps);
        var each = Stopwatch.GetElapsedTime(begun) / Swaps;
        output.WriteLine($"{each.TotalMicroseconds:0.0} µs and {world.Events.Count / (double)Swaps:0.0} events a swap; digest {world.Events.Digest:x16}");
        Assert.InRange(seen, 3, 3 * Swaps);
        Assert.True(each < TimeSpan.FromMilliseconds(1), $"{each.TotalMicroseconds} µs");
    }

    [Fact]
    public void A_seed_repeats_itself()
    {
        Assert.Equal(Busy(7, 500).World.Events.Digest, Busy(7, 500).World.Events.Digest);
        Assert.NotEqual(Busy(7, 500).World.Events.Digest, Busy(8, 500).World.Events.Digest);
    }

    private static (ApiWorld World, int Seen) Busy(ulong seed, int swaps)
    {
        var world = new ApiWorld(seed);
        var seen = 0;
        foreach (var name in new[] { "w1", "w2", "w3" })
        {
            var watcher = world.Process(name);
            var cache = new ResourceCache<V1Lease>();
            cache.Changed += _ => seen++;
            watcher.Run(() => _ = new ResourceWatcher<V1Lease>(world.Client(watcher), cache, new ResourceWatcherOptions { Namespace = ApiWorld.Namespace }, watcher.Time, watcher.Chance, watcher.Logger).RunAsync(default));
        }
        var process = world.Process("a");
        var client = world.Client(process);
        world.Do(process, () => SwapAsync(process, client, swaps), withinSeconds: 1_000_000);
        return (world, seen);
    }

    private static async Task<int> SwapAsync(SimulatedProcess process, SimulatedKubernetesClient client, int swaps)
    {
        var lease = Assert.IsType<SwapResult<V1Lease>.Applied>(await client.CreateAsync(ApiWorld.Lease("r"), default)).Value;
        for (var i = 0; i < swaps; i++)
        {
            lease.Spec!.RenewTime = process.Time.GetUtcNow();
            lease = Assert.IsType<SwapResult<V1Lease>.Applied>(await client.SwapAsync(lease, default)).Value;
        }
        return swaps;
    }
}
