using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>
/// Every volume of a standby site is lost within one reign, or was just being copied: nobody whom its record names will be heard again, no election there can end, and who is not named cannot be elected. What was on them is at the other site, or
/// nowhere: the site begins anew, as one that is founded.
/// </summary>
public static class SiteEmptied
{
    /// <summary>
    /// Nobody who is only silent may be passed by: he may have all that he had. And none but a standby site may be begun anew: while a handover or a failover is under way its outcome may make this site primary, and
    /// while somebody is named here the other site counts on what he has [S11].
    /// </summary>
    /// <param name="pair">This site's pair record.</param>
    /// <param name="answering">The present lives of all volumes whose agents answer.</param>
    /// <param name="halfCopied">
    /// Of those, who have promised the epoch that is being elected without a position: their volume is neither what it had been nor what it was to become, and nobody holds from whom it could get the rest.
    /// </param>
    public static bool IsSo(PrimaryRecord record, PairRecord? pair, IReadOnlyCollection<Incarnation> answering, IReadOnlyCollection<Incarnation> halfCopied)
    {
        if (record is not { RunMode: RunMode.Standby, Named: null, State: RecordState.Stable or RecordState.Electing, Members.IsEmpty: false }) return false;
        if (pair is not { Role: PairRole.Standby, State: PairRecordState.Active, Operation: null } || pair.PairEpoch != record.PairEpoch) return false;
        return record.AllNamed().All(member => IsGone(member, answering) || (record.State is RecordState.Electing && halfCopied.Contains(member)));
    }

    /// <summary>A main standby that has nothing yet, or what it has copied from others who are gone. Clauses and floor go: they speak of what was on those volumes, and another site is primary.</summary>
    public static PrimaryRecord HeldBy(Incarnation holder, PrimaryRecord record) => record with
    {
        Epoch = record.Epoch.Next,
        Holder = holder,
        GivenBy = null,
        State = RecordState.IsStable,
        Members = [holder],
        Quorums = [],
        Lineage = [],
        Floor = null,
        ElectedEnd = null,
        Lsn = null,
        Run = null,
        Suspect = null,
        Demoted = null,
    };

    /// <summary>Another life of its volume answers under its name.</summary>
    private static bool IsGone(Incarnation member, IReadOnlyCollection<Incarnation> answering) =>
        !answering.Contains(member) && answering.Any(a => a.Instance == member.Instance);
}
