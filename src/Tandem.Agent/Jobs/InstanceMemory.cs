using System.Collections.Immutable;
using Tandem.Agent.Configuration;
using Tandem.Agent.Loop;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>
/// What an agent knows from its own acts. Only the loop and the one running job write it, and they never run at the same instant: both live in one
/// sequence of awaits.
/// </summary>
public sealed class InstanceMemory(IVolumeStore store, VolumeState volume, Incarnation me)
{
    public VolumeState Volume { get; private set; } = volume;
    public Incarnation Me { get; private set; } = me;
    public Grant? Grant { get; set; }
    public Admission? Admission { get; set; }
    public PromiseReport? Promise { get; set; }

    /// <summary>Where the log ended when it was read from pg_wal; null once a server, or anything else that may write, has run since.</summary>
    public WalEnd? SealedEnd { get; private set; }

    /// <summary>Where the log of the standby that runs ended when it was last asked.</summary>
    public WalEnd? StreamedEnd { get; set; }

    /// <summary>A record boundary known to be valid (the last replay position), from where sealing need only read the tail.</summary>
    public WalEnd? SealHint { get; set; }

    /// <summary>The newest timeline of which the running standby had the history when that was last looked at.</summary>
    public KnownTimeline? NewestTimeline { get; set; }

    /// <summary>When the running server was last asked whose log it has, and on which timeline that ended then.</summary>
    public LineageQuestion? LineageAsked { get; set; }
    public UpstreamTarget? Upstream { get; set; }

    /// <summary>Since when the standby that runs has received nothing from <see cref="Upstream"/>, or was last given its place there again.</summary>
    public TimeSpan? DetachedSince { get; set; }
    public RemoteLineage? OtherSite { get; set; }
    public WantedConfiguration? Wanted { get; set; }

    /// <summary>Of synchronous_standby_names: what the walsenders of the running server may know.</summary>
    public KnownSettings? Settings { get; set; }
    public string? AppliedFingerprint { get; set; }
    public string? HandoverTried { get; set; }

    /// <summary>
    /// The epoch that was promised in order to give the record away in it. Only this process knows that the promise came before the record; one that begins anew finds a record below its
    /// promise, and cannot tell that from one that was taken back.
    /// </summary>
    public Epoch? GivingTo { get; set; }
    public PairEpoch? OtherSiteCheckedAt { get; set; }
    public TimeSpan? LastDurableWrite { get; set; }

    /// <summary>The reign that has seen to the roles and to the application's database, and what the Secret said then.</summary>
    public (Epoch Epoch, ApplicationDatabase? Application)? Ensured { get; set; }
    public double? Progress { get; set; }
    public string? LastFailure { get; set; }
    public ImmutableList<TimeSpan> Crashes { get; set; } = [];
    public bool GivesUp { get; set; }

    /// <summary>Why the log as it is cannot be rewound, as the last attempt found; null: it may be.</summary>
    public string? RewindImpossible { get; set; }

    /// <summary>By the boot clock: since when rewinds that were due have found nothing to do; null: the last one did.</summary>
    public TimeSpan? NothingToRewindSince { get; set; }

    /// <summary>By the boot clock: when the last of them did.</summary>
    public TimeSpan? NothingToRewindAt { get; set; }

    /// <summary>The consent to discard this life's data that was found to name just that.</summary>
    public DiscardConsent? DiscardAccepted { get; set; }

    /// <summary>Since when no client was let in any more, by this machine's clock, as the server's transactions are; null: clients are let in.</summary>
    public DateTimeOffset? RefusingSince { get; set; }

    /// <summary>Parameters that were written and take effect at a restart only.</summary>
    public IReadOnlyList<string> PendingRestart { get; set; } = [];
    public bool ExitRequested { get; set; }

    /// <summary>Persists before it returns: nothing may lean on a state that a power loss would take back.</summary>
    public void Remember(Func<VolumeState, VolumeState> change)
    {
        var next = change(Volume);
        if (next == Volume) return;
        store.Save(next);
        Volume = next;
    }

    public void NoteSealed(WalEnd end) => SealedEnd = end;

    /// <summary>
    /// Called before anything starts that may write the log: however that ends (a kill by the guard too), where the log ends must be read anew. An instance that
    /// followed on an older word of it could stream, and be counted, on a history that it has left [C2].
    /// </summary>
    public void LogChanges() => (SealedEnd, StreamedEnd, NewestTimeline, LineageAsked, RewindImpossible) = (null, null, null, null, null);

    /// <summary>A new life of the volume: promises, slots and clauses of the old one never speak for it.</summary>
    public void BeginIncarnation(string volume, VolumeMarker marker)
    {
        Remember(state => state.Reborn(volume, marker));
        Me = Me with { Volume = volume };
        Promise = null;
        LogChanges();
        SealHint = null;
        Upstream = null;
        DiscardAccepted = null;
        NothingToRewindSince = null;
    }
}
