using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tandem.Tests.Support;

/// <summary>Waits for a condition of the world, with a deadline, and says what it was that did not come.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static Task TrueAsync(Func<bool> condition, Func<string>? saw = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), saw, what);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string>? saw = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > Deadline) Assert.Fail($"not within {Deadline.TotalSeconds} s: {what}{(saw is null ? "" : $"; saw {saw()}")}");
            await Task.Delay(10);
        }
    }

    /// <summary>Looks until <paramref name="look"/> gives something that fits, and fails with the last thing seen.</summary>
    public static async Task<T> SeesAsync<T>(Func<Task<T>> look, Func<T, bool> fits, string what, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (fits(seen)) return seen;
            Assert.True(clock.Elapsed.TotalSeconds < seconds, $"{what}: not within {seconds} s, last seen: {seen}");
            await Task.Delay(10);
        }
    }

    /// <summary>The task's result, or a failure that names it when it does not end in time.</summary>
    public static async Task<T> EndsAsync<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Deadline)) != task) Assert.Fail($"not ended within {Deadline.TotalSeconds} s: {what}");
        return await task;
    }

    /// <inheritdoc cref="EndsAsync{T}"/>
    public static async Task EndsAsync(this Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Deadline)) != task) Assert.Fail($"not ended within {Deadline.TotalSeconds} s: {what}");
        await task;
    }
}
