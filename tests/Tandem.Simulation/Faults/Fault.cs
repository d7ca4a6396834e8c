using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>Something that goes wrong, or that a person does, from some moment on for some time. A closed set of kinds; what it falls on is chosen when it begins.</summary>
public abstract record Fault
{
    /// <summary>How long it lasts; zero: it is an act.</summary>
    public TimeSpan Lasts { get; init; }

    /// <summary>For how long what it has done goes on after it was mended.</summary>
    public virtual TimeSpan Aftermath => TimeSpan.FromSeconds(10);

    /// <summary>As <see cref="Aftermath"/>, of a whole site: its servers recover, rewind or are copied, and follow, and only then can the sites be switched.</summary>
    protected static TimeSpan AftermathOfSite => TimeSpan.FromSeconds(25);

    /// <summary>An API server goes back to what stood there before.</summary>
    public virtual bool TakesRecordsBack => false;

    /// <summary>Instances that reach their API server do not hear each other.</summary>
    public virtual bool PartsPeers => false;

    /// <summary>For counting, and for people.</summary>
    public virtual string Kind => GetType().Name;

    /// <returns>What mends it; null: nothing is to be mended, or there was nothing to fall on.</returns>
    public abstract Action? Begin(World world);

    /// <summary>What it is and what it falls on, in words.</summary>
    protected abstract string Describe();

    public sealed override string ToString() => Describe();
}

/// <summary>A fault at its place in a plan.</summary>
/// <param name="Number">By which a shrunk plan names it.</param>
/// <param name="At">From when everything had come up.</param>
public sealed record PlannedFault(int Number, TimeSpan At, Fault Fault)
{
    public override string ToString() => System.FormattableString.Invariant($"#{Number} at +{At.TotalSeconds:0.0} s{(Fault.Lasts > TimeSpan.Zero ? $" for {Fault.Lasts.TotalSeconds:0.0} s" : "")}: {Fault}");
}

/// <summary>Which instance of a site a fault falls on, by what it is at that moment.</summary>
public enum Victim { Holder, Follower, Any }
