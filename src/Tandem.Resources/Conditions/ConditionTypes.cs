namespace Tandem.Resources;

/// <summary>Types of conditions. True is the good state, but for Progressing, Degraded, Paused and Diverged.</summary>
public static class ConditionTypes
{
    // ---- both ----
    public const string Ready = nameof(Ready);
    public const string Synchronized = nameof(Synchronized);
    public const string Progressing = nameof(Progressing);

    // ---- DatabaseCluster ----
    public const string Writable = nameof(Writable);
    public const string StorageWritable = nameof(StorageWritable);
    public const string Degraded = nameof(Degraded);
    public const string Paused = nameof(Paused);
    public const string RewindPossible = nameof(RewindPossible);

    // ---- DisasterRecoveryPair ----
    public const string Protected = nameof(Protected);
    public const string PeerReachable = nameof(PeerReachable);
    public const string SwitchoverReady = nameof(SwitchoverReady);

    /// <summary>Only where the pair has an arbiter.</summary>
    public const string Arbitrated = nameof(Arbitrated);
    public const string Diverged = nameof(Diverged);
}
