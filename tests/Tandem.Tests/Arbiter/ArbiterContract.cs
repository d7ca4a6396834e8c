using Tandem.Arbiter;
using Tandem.Protocol.Arbitration;
using Tandem.Resources.Values;

namespace Tandem.Tests.Arbiter;

/// <summary>What every arbiter must do, whatever it is made of: seen on the real thing.</summary>
internal static class ArbiterContract
{
    private static readonly ArbiterRecord First = new("uid", new PairEpoch(3, "east"), "east", TimeSpan.FromSeconds(15), new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), 1, "n1");

    /// <param name="connect">Another way to the same arbiter at each call.</param>
    public static async Task HoldsAsync(Func<IArbiter> connect)
    {
        await using var east = connect();
        await using var west = connect();
        var nothing = await ReadAsync(east);
        var alsoNothing = await ReadAsync(west);
        Assert.Null(nothing.Record);

        // Two that read the same: one of them writes.
        var made = Assert.IsType<ArbiterSwap.Applied>(await east.SwapAsync(nothing, First, default)).Now;
        Assert.IsType<ArbiterSwap.Lost>(await west.SwapAsync(alsoNothing, First with { Holder = "west" }, default));
        Assert.Equal(First, (await ReadAsync(west)).Record);

        // A swap names the version that it was decided on, and no other.
        var renewed = First with { Nonce = "n2" };
        var now = Assert.IsType<ArbiterSwap.Applied>(await east.SwapAsync(made, renewed, default)).Now;
        Assert.IsType<ArbiterSwap.Lost>(await west.SwapAsync(made, First with { Holder = "west" }, default));
        Assert.Equal(renewed, (await ReadAsync(west)).Record);

        // An answer tells the version that stands now; whatever is changed makes another one.
        var again = Assert.IsType<ArbiterSwap.Applied>(await east.SwapAsync(now, renewed with { SettledBy = "n3" }, default)).Now;
        Assert.IsType<ArbiterSwap.Lost>(await west.SwapAsync(now, First, default));
        Assert.IsType<ArbiterSwap.Applied>(await west.SwapAsync(again, renewed with { Holder = null }, default));
        Assert.Null((await ReadAsync(east)).Record!.Holder);
    }

    /// <summary>Of many at once on one version, exactly one.</summary>
    public static async Task LetsOneOfManyInAsync(Func<IArbiter> connect)
    {
        var all = Enumerable.Range(0, 8).Select(_ => connect()).ToList();
        try
        {
            var readings = await Task.WhenAll(all.Select(ReadAsync));
            var swaps = await Task.WhenAll(all.Select((arbiter, i) => arbiter.SwapAsync(readings[i], First with { Nonce = $"n{i}" }, default)));
            Assert.Single(swaps.OfType<ArbiterSwap.Applied>());
            Assert.Equal(7, swaps.OfType<ArbiterSwap.Lost>().Count());
        }
        finally
        {
            foreach (var arbiter in all) await arbiter.DisposeAsync();
        }
    }

    private static async Task<ArbiterReading.Read> ReadAsync(IArbiter arbiter) => Assert.IsType<ArbiterReading.Read>(await arbiter.ReadAsync(default));
}
