namespace Tandem.Operator;

internal static class Freshness
{
    /// <summary>Whoever has waited for longer for an answer to a write looks again before it tells what is so.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
}
