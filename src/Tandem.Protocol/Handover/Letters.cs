using Tandem.Protocol.Records;

namespace Tandem.Protocol.Handover;

/// <summary>Whether a letter that a person has pasted is one for this site: the likely mistakes, each by its name. One that is not counts as none, so it moves nothing.</summary>
public static class Letters
{
    /// <param name="field">Where it stands, for messages.</param>
    /// <param name="text">Null: there is none.</param>
    /// <param name="mine">This site's pair record; null before the founding.</param>
    public static (PairLetter? Letter, Refusal? Problem) Read(string field, string? text, byte[]? key, string pair, string site, string peerSite, PairRecord? mine)
    {
        if (text is null) return (null, null);
        try
        {
            var letter = PairLetterCodec.Decode(text, key);
            return WhyNotForThisSite(letter, pair, site, peerSite, mine) is { } why ? (null, new Refusal("LetterMisplaced", $"{field}: {why}")) : (letter, null);
        }
        catch (FormatException exception)
        {
            return (null, new Refusal("LetterUnreadable", $"{field}: {exception.Message}"));
        }
    }

    private static string? WhyNotForThisSite(PairLetter letter, string pair, string site, string peerSite, PairRecord? mine)
    {
        if (letter.Pair != pair) return $"is of the pair {letter.Pair}, this one is {pair}: paste status.letter of {pair} at site {peerSite}";
        if (letter.Site == site) return $"is this site's own letter: paste it at site {peerSite}, and that one's status.letter here";
        if (letter.Site != peerSite) return $"is of site {letter.Site}, the other site is {peerSite}: paste status.letter of site {peerSite}";
        // The names may be the same, and the founding not: then its epochs and tokens speak of other data.
        if (letter.Record.PairUid is { } theirs && mine?.PairUid is { } ours && theirs != ours)
            return $"is of a pair of this name that was founded apart (its identity is {theirs}, here it is {ours}): both sites have founded a database of their own; delete pair and cluster at the one that is to follow, and apply them there with this letter";
        return null;
    }
}
