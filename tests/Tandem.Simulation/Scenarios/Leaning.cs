using Tandem.Protocol.Handover;
using Tandem.Resources;

namespace Tandem.Simulation.Scenarios;

/// <summary>What a seed's set-up and plan are held to, where they are not left to chance alone: for the search of something that few seeds give a chance to.</summary>
public sealed record Leaning
{
    public int Sites { get; init; } = 1;
    public SynchronizationMode? Mode { get; init; }
    public Durability? Durability { get; init; }
    public int? Instances { get; init; }
    public int? Acknowledgements { get; init; }
    public int? Clients { get; init; }
    public bool? PublishesLate { get; init; }
    public bool? HasOperator { get; init; }
    public bool? HasArbiter { get; init; }
    public bool HasLink { get; init; } = true;
    public PairSynchrony PairSynchrony { get; init; }

    /// <summary>Kinds of faults that there are; null: all.</summary>
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary>From one fault to the next, on average.</summary>
    public TimeSpan? Pace { get; init; }

    /// <summary>How long things go wrong.</summary>
    public TimeSpan? Trouble { get; init; }

    /// <summary>How long a fault lasts usually.</summary>
    public TimeSpan? Lasts { get; init; }

    public Setup Of(ulong seed)
    {
        var setup = Setup.Of(seed, Sites);
        // A set that one lost standby stops is refused: nothing would ever be founded.
        var instances = Instances ?? setup.Instances;
        var most = Math.Max(1, instances - 2);
        return setup with
        {
            Mode = Mode ?? (instances < 3 && setup.Mode == SynchronizationMode.Quorum ? SynchronizationMode.Synchronous : setup.Mode),
            Durability = Durability ?? setup.Durability,
            Instances = instances,
            Acknowledgements = Acknowledgements ?? Math.Min(setup.Acknowledgements, most),
            Clients = Clients ?? setup.Clients,
            PublishesLate = PublishesLate ?? setup.PublishesLate,
            HasOperator = HasOperator ?? setup.HasOperator,
            HasArbiter = HasLink && (HasArbiter ?? setup.HasArbiter),
            HasLink = HasLink,
            PairSynchrony = Sites > 1 ? PairSynchrony : Protocol.Handover.PairSynchrony.Asynchronous,
            AgentsBehind = false,
            Faults = Faults,
            // What it leans to has to happen just so: it is given longer than a general seed.
            Trouble = Trouble ?? setup.Trouble + TimeSpan.FromSeconds(10),
            Pace = Pace,
            Lasts = Lasts,
        };
    }
}
