using Tandem.Protocol.Handover;
using Tandem.Resources;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Scenarios;

/// <summary>What a seed builds before anything goes wrong.</summary>
public sealed record Setup
{
    public required ulong Seed { get; init; }

    /// <summary>One, or two with a pair over them.</summary>
    public required int Sites { get; init; }
    public required int Instances { get; init; }
    public required SynchronizationMode Mode { get; init; }
    public required int Acknowledgements { get; init; }
    public required Durability Durability { get; init; }

    /// <summary>Else the harness makes the objects that an operator would make, and nobody mends them.</summary>
    public required bool HasOperator { get; init; }
    public required int Clients { get; init; }

    /// <summary>A volume stays on its machine.</summary>
    public required bool LocalVolumes { get; init; }
    public required bool PublishesLate { get; init; }

    /// <summary>The pair has an arbiter at a third place, and fails over by itself.</summary>
    public required bool HasArbiter { get; init; }

    /// <summary>Whether commits wait for the other site.</summary>
    public PairSynchrony PairSynchrony { get; init; }

    /// <summary>It begins with agents of the version before, which know only the first format of records; they are renewed while things go wrong.</summary>
    public bool AgentsBehind { get; init; }

    /// <summary>The operators of the two sites reach each other. Else a person carries letters between them.</summary>
    public bool HasLink { get; init; } = true;

    /// <summary>How long things go wrong, from when all has come up until everything is mended.</summary>
    public required TimeSpan Trouble { get; init; }

    /// <summary>While nothing goes wrong yet, all must be well by then. Generous, as <see cref="SettleLimit"/> is.</summary>
    public TimeSpan ComingUpLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest drift of a machine's clock.</summary>
    public required double Drift { get; init; }

    /// <summary>From the end of all trouble until all must be well. Generous: it is no measure of speed, but of whether it ever ends.</summary>
    public TimeSpan SettleLimit { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>Kinds of faults that there are; null: the seed draws them.</summary>
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary>From one fault to the next, on average; null: the seed draws it.</summary>
    public TimeSpan? Pace { get; init; }

    /// <summary>How long a fault lasts usually; null: as they do.</summary>
    public TimeSpan? Lasts { get; init; }

    public static Setup Of(ulong seed, int sites)
    {
        var chance = Chance.Of(seed, "setup");
        var instances = sites > 1 ? chance.OneOf([2, 2, 3]) : chance.OneOf([2, 3, 3, 3, 3, 4, 4, 5]);
        var hasArbiter = sites > 1 && Chance.Of(seed, "arbiter").Happens(0.4);
        var synchrony = sites > 1 ? Chance.Of(seed, "pair-synchrony").OneOf([PairSynchrony.Asynchronous, PairSynchrony.Asynchronous, PairSynchrony.Asynchronous, PairSynchrony.Required, PairSynchrony.Required, PairSynchrony.Preferred]) : PairSynchrony.Asynchronous;
        // One pair in eight: what it would need a link for it does not have.
        var hasLink = sites == 1 || hasArbiter || synchrony != PairSynchrony.Asynchronous || !Chance.Of(seed, "link").Happens(0.42);
        var mode = instances == 2 ? chance.OneOf([SynchronizationMode.Synchronous, SynchronizationMode.Asynchronous]) : chance.OneOf([SynchronizationMode.Quorum, SynchronizationMode.Quorum, SynchronizationMode.Quorum, SynchronizationMode.Synchronous, SynchronizationMode.Asynchronous]);
        var acknowledgements = mode == SynchronizationMode.Quorum && instances >= 4 ? chance.Next(1, instances - 1) : 1;
        var durability = chance.Happens(0.3) ? Durability.Preferred : Durability.Required;
        var hasOperator = sites > 1 || chance.Happens(0.25);
        return new Setup
        {
            Seed = seed,
            Sites = sites,
            Instances = instances,
            Mode = mode,
            Acknowledgements = acknowledgements,
            Durability = durability,
            HasOperator = hasOperator,
            Clients = chance.Next(1, 4),
            LocalVolumes = chance.Happens(0.5),
            PublishesLate = chance.Happens(0.6),
            HasArbiter = hasArbiter,
            PairSynchrony = synchrony,
            AgentsBehind = hasOperator && Chance.Of(seed, "agents").Happens(0.1),
            HasLink = hasLink,
            // Where letters go by hand everything takes longer.
            Trouble = TimeSpan.FromSeconds(hasLink ? 5 : 25) + chance.LongTailed(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(32)),
            Drift = chance.Happens(0.3) ? 0.02 : 0.0005,
        };
    }

    public override string ToString() =>
        $"{Sites} site(s), {Instances} instances, {Mode}{(Mode == SynchronizationMode.Quorum ? $" k={Acknowledgements}" : "")} {Durability}, {(HasOperator ? "operator" : "no operator")}, {(HasArbiter ? "an arbiter, " : "")}{(HasLink ? "" : "no link, ")}{(PairSynchrony == PairSynchrony.Asynchronous ? "" : $"synchronous pair ({PairSynchrony}), ")}{(AgentsBehind ? "agents of the version before, " : "")}{(LocalVolumes ? "local" : "network")} volumes, {Clients} clients, trouble for {Trouble.TotalSeconds:0} s";
}
