using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// What a site of a pair without a link says to the other one: its pair record as it stood when it was last written, carried by a person from <c>status.letter</c> there to
/// <c>spec.sites[].letter</c> here [S15]. Old words, never a look: what is decided for ever may go by it (a token, an outcome, a higher pair epoch, where to stream from), and nothing that asks how the
/// other site stands now [S5] [S8].
/// </summary>
/// <param name="Pair">Name of the pair.</param>
/// <param name="Site">The site that speaks.</param>
/// <param name="Record">As far as it is for the other site.</param>
public sealed record PairLetter(string Pair, string Site, PairRecord Record)
{
    /// <summary>What is counted between the sites needs a link, and what this site has heard of the other one that one knows best itself.</summary>
    public static PairLetter Of(string pair, string site, PairRecord record) => new(pair, site, record with
    {
        History = record.Outcome is { } outcome ? [outcome] : [],
        Attempted = null,
        Named = null,
        Synchronous = null,
        Peer = null,
        Nonce = "",
        Unknown = record.Unknown.Clear(),
        ResourceVersion = "",
        Uid = "",
    });

    /// <summary>Whether it was written after everything that was last heard of that site: an older copy takes nothing back.</summary>
    public bool IsNewsTo(PeerFacts? heard) =>
        heard?.PairEpoch is not { } epoch || epoch < Record.PairEpoch || (epoch == Record.PairEpoch && (heard.AsOf is not { } asOf || Record.WrittenAt > asOf));

    public PairEpoch PairEpoch => Record.PairEpoch;
}
