using Tandem.Resources;

namespace Tandem.Cli.Verbs;

/// <summary><c>letter PAIR</c>: what this site has to say to the other one, where there is no link: the letter alone on standard output, where it goes on standard error.</summary>
public static class LetterVerb
{
    public static async Task<int> RunAsync(Session session, string name, CancellationToken cancellation)
    {
        var pair = await session.PairAsync(name, cancellation);
        if (!pair.Spec.HasNoLink()) throw new CliException($"the sites of {name} have a link (spec.sites[].kubernetes): nothing is carried by hand");
        if (pair.Status is not { Letter: { } letter, Site: { } site }) throw new CliException($"{name} has no letter yet: kubectl tandem status {name}");
        var other = pair.Spec.Sites.First(s => s.Name != site).Name;
        session.Screen.Line(letter);
        session.Screen.Progress($"At site {other}: spec.sites[] of {name}, the entry with name {site}, field letter (kubectl --context {other} edit disasterrecoverypair {name}). It speaks of pair epoch {pair.Status.PairEpoch}.");
        return ExitCodes.Done;
    }
}
