using Tandem.Postgres.Files;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Copying;

internal sealed class Initialization(PostgresServerOptions options, ToolRunner tools)
{
    /// <summary>C.UTF-8 sorts as C does and knows letters; an image without that locale gets C.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await InitdbAsync("C.UTF-8", cancellation).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.Message.Contains("invalid locale", StringComparison.Ordinal))
        {
            Folder.Empty(options.DataDirectory);
            await InitdbAsync("C", cancellation).ConfigureAwait(false);
        }
    }

    private Task InitdbAsync(string locale, CancellationToken cancellation) => tools.RunAsync(
        "initdb",
        ["-D", options.DataDirectory, "-U", "postgres", "--auth-local=peer", "--auth-host=reject", "--data-checksums", "--encoding=UTF8", $"--locale={locale}", "--no-instructions"],
        "InitializationFailed", null, cancellation);
}
