using System.Text.Json.Nodes;
using Tandem.Cli.Output;
using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary>
/// <c>override PAIR</c>: opens the demoted site again whose handover is in doubt, without knowing whether the other one took over [S6]. Asked for at that site, which is the only one that can be
/// reached. Says first what that may lose. Names the pair epoch that it ends, so that it acts once; where a GitOps tool keeps the manifest, Git must come to say the same.
/// </summary>
public static class OverrideVerb
{
    public static async Task<int> RunAsync(Session session, string name, bool yes, CancellationToken cancellation)
    {
        var pair = await session.PairAsync(name, cancellation);
        var (epoch, site, other) = Check(pair);
        session.Screen.Progress(IsUnseen(pair)
            ? $"Pair epoch {epoch}: site {site} has come up again, and there is no link by which to see whether site {other} took over."
            : $"Pair epoch {epoch}: site {site} has demoted itself, and cannot read whether site {other} took over.");
        session.Screen.Progress($"If site {other} can be asked by any other way, ask first: kubectl --context {other} tandem status {name}. If it is primary there, site {site} follows it as soon as the link is back, and nothing is lost.");
        session.Screen.Progress($"What may be lost: if site {other} took over, every write that it acknowledges from then on until it reads this site again. Until then both sites take writes.");
        if (!yes) session.Screen.Confirm("site", site);
        await session.ChangePairAsync(name, seen =>
        {
            if (Check(seen).Epoch != epoch) throw new CliException($"the pair moved to epoch {seen.Status?.Epoch} meanwhile: kubectl tandem status {name}, then decide again");
            return new JsonObject { ["spec"] = new JsonObject { ["primarySite"] = site, ["failover"] = new JsonObject { ["overrideFromEpoch"] = epoch } } };
        }, cancellation);
        session.Screen.Line($"{name}: site {site} opens again, ending pair epoch {epoch}: kubectl tandem status {name}");
        return ExitCodes.Done;
    }

    /// <summary>Without a link, and held until a person says that the other site has not taken over [S8].</summary>
    private static bool IsUnseen(DisasterRecoveryPair pair) => pair.Spec.HasNoLink() && Conditions.Find(pair.Status?.Conditions ?? [], ConditionTypes.Ready) is { Reason: "PeerUnknown" };

    private static (long Epoch, string Site, string Other) Check(DisasterRecoveryPair pair)
    {
        var name = pair.Metadata.Name;
        if (pair.Status is not { Epoch: { } epoch, Site: { } site } status) throw new CliException($"{name} has no pair epoch yet, there is nothing to override: kubectl tandem status {name}");
        if (status.Phase != PairPhase.HandoverInDoubt && !IsUnseen(pair)) throw new CliException($"{name} is {Words.Spaced(status.Phase?.ToString() ?? "Unknown")} at site {site}: only a handover in doubt can be overridden");
        return (epoch, site, pair.Spec.Sites.First(s => s.Name != site).Name);
    }
}
