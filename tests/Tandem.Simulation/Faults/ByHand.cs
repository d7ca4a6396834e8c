using Tandem.Protocol.Records;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>A switchover of a pair without a link: the primary site is told to demote itself in this pair epoch, or in one that is over, and the other site to take over, or not.</summary>
public sealed record SwitchedByHand(TimeSpan Between, bool OnlyOne, bool Stale) : Fault
{
    /// <summary>A manifest that names the primary site as it is has been read by then.</summary>
    private static readonly TimeSpan Adopted = TimeSpan.FromSeconds(2);

    /// <summary>A token that is out by hand has no deadline: it is decided when a person has carried it there and back.</summary>
    public override TimeSpan Aftermath => TimeSpan.FromSeconds(45);

    public override Action? Begin(World world)
    {
        if (world.Setup.HasLink || world.Sites.FirstOrDefault(s => s.PairRecord is { Role: PairRole.Primary }) is not { PairRecord: { } record } primary) return null;
        var next = world.Sites.First(s => s != primary);
        if (record.LastRequested == primary.Name)
        {
            Ask(world, primary, next);
            return null;
        }
        // What was tried once is to be taken back first, as the condition says.
        primary.ApplyPair(primary.Name);
        world.Events.After(Adopted, () => Ask(world, primary, next));
        return null;
    }

    private void Ask(World world, SimulatedSite primary, SimulatedSite next)
    {
        if (primary.PairRecord is not { } record) return;
        var epoch = record.PairEpoch.Number - (Stale ? 1 : 0);
        if (epoch < 1) return; // no such epoch: the API server refuses it
        var attempt = record.Attempted is { } used && used.Epoch == epoch ? used.Attempt + 1 : 1;
        primary.ApplyPair(next.Name, switchover: new SwitchoverAttempt(epoch, attempt));
        if (!OnlyOne) world.Events.After(Between, () => next.ApplyPair(next.Name));
    }

    protected override string Describe() => System.FormattableString.Invariant($"switched over by hand{(Stale ? ", by an epoch that is over" : "")}{(OnlyOne ? ", and the other site is not told" : $", the other site told after {Between.TotalSeconds:0.0} s")}");
}

/// <summary>A tool puts back a manifest that was applied at a site once, with the letter in it.</summary>
public sealed record OldManifestApplied(string Site, int Choice) : Fault
{
    /// <summary>Until somebody applies another one.</summary>
    public override TimeSpan Aftermath => TimeSpan.FromSeconds(45);

    public override Action? Begin(World world)
    {
        world.Site(Site).ApplyOldManifest(Choice);
        return null;
    }

    protected override string Describe() => $"an old manifest put back at {Site}";
}

/// <summary>A person pastes a letter at a site that the other one wrote long ago.</summary>
public sealed record OldLetterPasted(string Site, int Choice) : Fault
{
    public override Action? Begin(World world)
    {
        world.Courier?.PasteOld(world.Site(Site), Choice);
        return null;
    }

    protected override string Describe() => $"an old letter pasted at {Site}";
}
