using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// A synchronous pair, in the record of the primary site's cluster: the main standby of the other site, for which commits wait (protocol, section 5) [S10]. Void at another pair epoch than its own.
/// It stands beside the clauses and in none of them: it cannot promise here, so no election of this site may lean on it.
/// </summary>
/// <param name="PairEpoch">In which the other site has named it.</param>
/// <param name="Counted">
/// The holder's setting names it, in effect with every walsender, and it has flushed all that was acknowledged before. From then on every setting of every holder names it, whatever else it names, for as long as
/// this stands. False: it is to be.
/// </param>
/// <param name="Waits">It takes the place of one that was counted: every setting names it already, though it may not have everything yet. Commits are never without the other site in between.</param>
/// <param name="Preferred">This site may go on without it by itself: if the other one is told that it has everything, then with these very words.</param>
public sealed record RemoteStandby(Incarnation Incarnation, PairEpoch PairEpoch, bool Counted, bool Preferred, bool Waits = false)
{
    public override string ToString() => $"{Incarnation.Instance} of the other site";
}

/// <summary>
/// A synchronous pair, in the pair record of the standby site: all that is acknowledged at the primary site is flushed by this incarnation here. Written only after that is so, and taken away before it ends [S10].
/// </summary>
/// <param name="Preferred">The primary site may go on by itself while it cannot say so here: it was so until the last contact.</param>
public sealed record SynchronousMark(Incarnation Incarnation, bool Preferred);
