using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.Files;

namespace Tandem.Postgres.Processes;

/// <summary>
/// Takes the way to the old primary away from a running standby (protocol, section 3.3), so that nothing it writes can reach us any more.
/// </summary>
/// <remarks>
/// The order is the argument. First the credential goes: from then on no new receiver can connect, since libpq reads the key file when it connects and pg_hba lets nobody
/// in without. A receiver that had read it before then exists, titled, at that moment; the looks below begin later, and a look at /proc sees every process that lives
/// through it. So when a look finds no receiver, every one that ever had the credential is dead, and has written its last.
/// One that the startup process starts in between finds no key, and once the reload has come through there is no conninfo to start it with.
/// </remarks>
internal sealed class Starvation(Postmaster postmaster, ServerProcesses processes, ConfigurationFiles files, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    public async Task<bool> StarveAsync(TimeSpan limit, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        if (files.Credential() is { } credential) AtomicFile.Remove(credential);
        files.ClearWaysToThePrimary();
        if (postmaster.Child is not { } server) return !processes.Any();
        // Whatever configuration the postmaster reads from now on, it names no primary.
        server.Signal(Libc.SigHup);

        var receivers = new WalReceivers(processes);
        var ended = new HashSet<int>();
        while (true)
        {
            var alive = receivers.List(server.Pid);
            foreach (var pid in alive)
            {
                if (WalReceivers.EndIfReceiver(pid)) ended.Add(pid);
            }

            var elapsed = time.GetElapsedTime(started);
            if (alive.Count == 0)
            {
                Log.Starved(logger, ended.Count, elapsed.TotalMilliseconds);
                return true;
            }

            if (elapsed >= limit)
            {
                Log.NotStarved(logger, elapsed.TotalMilliseconds, string.Join(", ", alive.Select(p => p.ToString(CultureInfo.InvariantCulture))));
                return false;
            }

            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        }
    }
}
