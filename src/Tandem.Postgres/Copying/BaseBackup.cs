using Tandem.Postgres.Configuration;
using Tandem.Postgres.Files;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Copying;

internal sealed class BaseBackup(PostgresServerOptions options, ToolRunner tools)
{
    public async Task RunAsync(ReplicationSource source, string? slot, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        List<string> arguments =
        [
            "-D", options.DataDirectory, "-d", ConnectionInfo.Of(source, database: null), "-X", "stream", "--checkpoint=fast", "--no-password", "--progress", "--no-manifest",
        ];
        if (slot is not null) arguments.AddRange(["-S", slot]);
        await tools.RunAsync("pg_basebackup", arguments, "CloneFailed", TransferLines.To(progress), cancellation).ConfigureAwait(false);
        CopiedFiles.RemoveSettings(options.DataDirectory);
        CopiedFiles.RemoveStrangers(options.DataDirectory);
    }
}
