using Tandem.Postgres.Files;

namespace Tandem.Postgres.Copying;

/// <summary>
/// Stands while initdb or a base backup fills the data directory, so that what a crash left half copied is not taken for data. It lies beside the salvage,
/// on the same volume: the programs want the data directory empty.
/// </summary>
internal sealed class CopyMarker(PostgresServerOptions options)
{
    private string Marker => Path.Combine(options.SalvageDirectory, "copying");

    public bool Stands => File.Exists(Marker);

    /// <summary>Runs <paramref name="fill"/> on an empty data directory; whatever it leaves when it fails is removed.</summary>
    public async Task FillAsync(Func<Task> fill)
    {
        Folder.Ensure(options.SalvageDirectory);
        Folder.Ensure(options.DataDirectory);
        if (Stands) Folder.Empty(options.DataDirectory);
        if (Directory.EnumerateFileSystemEntries(options.DataDirectory).FirstOrDefault() is { } entry)
            throw new PostgresException("DataDirectoryNotEmpty", $"{options.DataDirectory} holds {Path.GetFileName(entry)} already");
        AtomicFile.Write(Marker, "incomplete\n"u8);
        try
        {
            await fill().ConfigureAwait(false);
        }
        catch
        {
            Folder.Empty(options.DataDirectory);
            throw;
        }

        AtomicFile.Remove(Marker);
    }
}
