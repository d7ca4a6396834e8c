using Polly;
using Polly.Retry;

namespace Tandem.Kubernetes.Client;

/// <summary>
/// Reads are sent again after a broken connection, 429 (after the time that the server asks for) and 5xx. Not after a deadline passed: the caller has waited
/// long enough, and knows better than we do whether it still wants the answer.
/// </summary>
internal static class ReadRetry
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public static ResiliencePipeline<ApiAnswer> Build(KubernetesClientOptions options, TimeProvider time, Random random)
    {
        if (options.ReadRetries < 1) return ResiliencePipeline<ApiAnswer>.Empty;
        var builder = new ResiliencePipelineBuilder<ApiAnswer> { TimeProvider = time };
        builder.AddRetry(new RetryStrategyOptions<ApiAnswer>
        {
            ShouldHandle = static arguments => ValueTask.FromResult(IsWorthAnother(arguments.Outcome)),
            MaxRetryAttempts = options.ReadRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.ReadRetryDelay,
            MaxDelay = TimeSpan.FromSeconds(1),
            Randomizer = () => { lock (random) return random.NextDouble(); },
            DelayGenerator = static arguments => ValueTask.FromResult(arguments.Outcome.Result?.RetryAfter),
        });
        return builder.Build();
    }

    private static bool IsWorthAnother(Outcome<ApiAnswer> outcome) => outcome switch
    {
        { Exception: KubernetesUnreachableException { InnerException: not OperationCanceledException } } => true,
        { Result: { StatusCode: 429 or >= 500 } answer } => answer.RetryAfter is null || answer.RetryAfter <= LongestWait,
        _ => false,
    };
}
