namespace Tandem.Postgres.Sql;

/// <summary>
/// Waiting that ends when it is cancelled, even if the work does not yet: a statement that is cancelled goes on until its server has heard of the cancellation,
/// and a hung server never does. The work ends by itself, later, and cleans up behind it.
/// </summary>
internal static class Abandonable
{
    public static async Task<T> WaitAsync<T>(Task<T> work, Func<T, ValueTask>? discard, CancellationToken cancellation)
    {
        try
        {
            return await work.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!work.IsCompleted)
        {
            _ = DiscardAsync(work, discard);
            throw;
        }
    }

    private static async Task DiscardAsync<T>(Task<T> work, Func<T, ValueTask>? discard)
    {
        try
        {
            var result = await work.ConfigureAwait(false);
            if (discard is not null) await discard(result).ConfigureAwait(false);
        }
        catch (Exception e) when (SqlErrors.IsOfServer(e) || e is PostgresException or OperationCanceledException or InvalidOperationException)
        {
            // Nobody waits for it any more; whoever gave up has told why.
        }
    }
}
