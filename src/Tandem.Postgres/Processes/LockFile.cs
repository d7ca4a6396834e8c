namespace Tandem.Postgres.Processes;

/// <summary>postmaster.pid, in whose eighth line the postmaster says what it is at (PostgreSQL 10 and later; pg_ctl waits by it).</summary>
internal static class LockFile
{
    public const string Name = "postmaster.pid";
    private const int StatusLine = 8;

    /// <summary>
    /// starting, stopping, ready or standby (up, and lets nobody in); null where the file does not say. While it starts or stops, every connection costs the server a
    /// process that does nothing but refuse, and it does not end before the last of these has.
    /// </summary>
    public static string? Status(string dataDirectory)
    {
        try
        {
            return File.ReadLines(Path.Combine(dataDirectory, Name)).ElementAtOrDefault(StatusLine - 1)?.Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
