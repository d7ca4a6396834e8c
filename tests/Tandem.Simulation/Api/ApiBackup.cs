namespace Tandem.Simulation.Api;

/// <summary>All that an API server's store held at one moment, its version counter too.</summary>
public sealed class ApiBackup
{
    internal ApiBackup(long version, TimeSpan at, Dictionary<Type, object> stores) => (Version, At, Stores) = (version, at, stores);

    public long Version { get; }

    /// <summary>World time at which it was taken.</summary>
    public TimeSpan At { get; }

    internal Dictionary<Type, object> Stores { get; }
}
