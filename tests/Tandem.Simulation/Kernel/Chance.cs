namespace Tandem.Simulation.Kernel;

/// <summary>
/// Seeded randomness (xoshiro256**, Blackman and Vigna 2018). Every part of the world has a stream of its own, named: so what one part draws does not move what another one does,
/// and a scenario that is made shorter stays the same in what is left.
/// </summary>
public sealed class Chance : Random
{
    private ulong _a, _b, _c, _d;

    public Chance(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>A stream of its own for one part; depends on the seed and the name alone.</summary>
    public static Chance Of(ulong seed, string name)
    {
        var hash = 14695981039346656037;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211;
        return new Chance(seed * 0x9E3779B97F4A7C15 ^ hash);
    }

    /// <summary>Whether something of this probability happens.</summary>
    public bool Happens(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>Uniform.</summary>
    public TimeSpan Between(TimeSpan low, TimeSpan high) => low + new TimeSpan((long)(NextDouble() * (high - low).Ticks));

    public TimeSpan Milliseconds(double low, double high) => TimeSpan.FromTicks((long)((low + NextDouble() * (high - low)) * TimeSpan.TicksPerMillisecond));

    /// <summary>Most are short, some are very long: as waits of a busy machine are.</summary>
    public TimeSpan LongTailed(TimeSpan usual, TimeSpan longest)
    {
        var x = NextDouble();
        var factor = 1 / Math.Max(1e-4, 1 - x) - 1;
        var ticks = Math.Min(longest.Ticks, usual.Ticks * (0.3 + factor));
        return new TimeSpan((long)ticks);
    }

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    public override int Next() => (int)(NextUInt64() >> 33);
    public override int Next(int maxValue) => maxValue <= 1 ? 0 : (int)(NextUInt64() % (ulong)maxValue);
    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);
    public override long NextInt64() => (long)(NextUInt64() >> 1);
    public override long NextInt64(long maxValue) => (long)(NextUInt64() % (ulong)Math.Max(1, maxValue));
    public override long NextInt64(long minValue, long maxValue) => minValue + NextInt64(maxValue - minValue);
    public override double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));
    public override float NextSingle() => (float)NextDouble();
    protected override double Sample() => NextDouble();
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        for (var i = 0; i < buffer.Length; i++) buffer[i] = (byte)(NextUInt64() >> 32);
    }

    private ulong NextUInt64()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
