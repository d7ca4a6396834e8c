using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A story in acts, each begun by what the world has come to. Faults at moments of their own come to the same, but once in many thousand seeds: what a rule of the protocol is there for often takes
/// four of them, in their order, each within a moment. How long each act lasts the seed draws.
/// </summary>
public abstract record Play(Chance Chance) : Fault
{
    public sealed override Action? Begin(World world)
    {
        var stage = new Stage(world, Chance);
        stage.Run(Acts(stage));
        return stage.End;
    }

    /// <summary>Whether the sites may be kept from reading each other by it.</summary>
    public virtual bool PartsSites => true;

    /// <returns>What is waited for before each next act.</returns>
    protected abstract IEnumerable<Func<bool>> Acts(Stage stage);
}
