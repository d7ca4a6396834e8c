using System.Reflection;
using System.Text.Json;

namespace Tandem.Simulation.Api;

/// <summary>
/// Deep copies and deep comparison of API objects, as a way over the wire would give them (times lose what JSON would cut off) but without the JSON: a simulated
/// minute is thousands of requests. What is stored is frozen: it is shared by history, watches and lists, and whoever is to get one of his own gets a copy.
/// </summary>
public static class Copies
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;

    public static T Of<T>(T value) where T : class => Shape<T>.Copy(value);

    /// <summary>Another object with the very same parts.</summary>
    public static T Shallow<T>(T value) where T : class => Shape<T>.Shallow(value);

    public static bool AreEqual<T>(T? a, T? b) where T : class => ReferenceEquals(a, b) || (a is not null && b is not null && Shape<T>.Equal(a, b));

    // ---- what compiled shapes call ----

    internal static T? OfNullable<T>(T? value) where T : class => value is null ? null : Shape<T>.Copy(value);

    internal static List<T>? OfList<T>(List<T>? list)
    {
        if (list is null) return null;
        if (Element<T>.Copy is not { } copy) return [.. list];
        var copied = new List<T>(list.Count);
        foreach (var item in list) copied.Add(item is null ? item : copy(item));
        return copied;
    }

    internal static Dictionary<string, T>? OfDictionary<T>(Dictionary<string, T>? dictionary)
    {
        if (dictionary is null) return null;
        var copied = new Dictionary<string, T>(dictionary.Count);
        foreach (var (key, item) in dictionary) copied[key] = item is null || Element<T>.Copy is not { } copy ? item : copy(item);
        return copied;
    }

    internal static DateTimeOffset Seconds(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);

    internal static DateTimeOffset? OptionalSeconds(DateTimeOffset? time) => time is { } t ? Seconds(t) : null;

    internal static DateTimeOffset Microseconds(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TicksPerMicrosecond, TimeSpan.Zero);

    internal static DateTimeOffset? OptionalMicroseconds(DateTimeOffset? time) => time is { } t ? Microseconds(t) : null;

    internal static bool AreSame<T>(T a, T b) => EqualityComparer<T>.Default.Equals(a, b);

    internal static bool AreSameJson(JsonElement a, JsonElement b) => JsonElement.DeepEquals(a, b);

    internal static bool AreSameOptionalJson(JsonElement? a, JsonElement? b) => a is { } x ? b is { } y && JsonElement.DeepEquals(x, y) : b is null;

    internal static bool AreSameBytes(byte[]? a, byte[]? b) => ReferenceEquals(a, b) || (a is not null && b is not null && a.AsSpan().SequenceEqual(b));

    internal static bool AreSameLists<T>(List<T>? a, List<T>? b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a is null || b is null || a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (!Element<T>.Equal(a[i], b[i])) return false;
        return true;
    }

    internal static bool AreSameDictionaries<T>(Dictionary<string, T>? a, Dictionary<string, T>? b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a is null || b is null || a.Count != b.Count) return false;
        foreach (var (key, item) in a)
            if (!b.TryGetValue(key, out var other) || !Element<T>.Equal(item, other)) return false;
        return true;
    }

    internal static MethodInfo Method(string name, params Type[] arguments)
    {
        var method = typeof(Copies).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!;
        return arguments.Length == 0 ? method : method.MakeGenericMethod(arguments);
    }
}
