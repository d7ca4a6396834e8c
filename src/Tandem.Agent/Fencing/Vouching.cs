using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Fencing;

/// <summary>
/// What lets a holder go on that the API server does not answer (protocol, section 4): the members' word that they have promised nothing above its epoch.
/// </summary>
public static class Vouching
{
    /// <summary>Asks the members once.</summary>
    /// <param name="maybeMembers">Whom a swap of one's own names that nobody answered: they may be members, and elected, by now [C10a].</param>
    /// <returns>Whether the guard's deadline may be put off, counted from before the questions were sent.</returns>
    public static async Task<bool> AskAsync(InstanceObservation o, IReadOnlyCollection<Incarnation> maybeMembers, IAgentLink links, CancellationToken cancellation)
    {
        var record = o.Record!;
        var asynchronous = record.Quorums.Any(q => q.IsEmpty);
        var request = new HoldRequest(o.Me.ToString(), record.Epoch.Value, asynchronous ? (long)record.LeaseDuration.TotalMilliseconds : 0);
        var others = record.Members.Union(maybeMembers).Remove(o.Me);
        var answers = await Task.WhenAll(others.Select(async member =>
        {
            if (o.Peers.FirstOrDefault(p => p.Instance == member.Instance)?.Host is not { } host) return (member, Held: false);
            var answer = await links.HoldAsync(new PeerAddress(member.Instance, host), request, TimeSpan.FromMilliseconds(400), cancellation);
            return (member, Held: answer is { Held: true });
        }));
        var confirmed = answers.Where(a => a.Held).Select(a => a.member).ToHashSet();

        // Asynchronous: every member, of the last record read and of every swap whose outcome is unknown, holds: none of them promises before the hold ends, so nobody is elected (requirement E7) [C10a].
        // Synchronous: k of each clause: whoever promises after this instant starves the holder of acknowledgements, so none of its commits can return.
        return asynchronous
            ? others.All(confirmed.Contains)
            : record.Quorums.All(q => q.Holder != o.Me || q.Members.Count(confirmed.Contains) >= q.Acknowledgements);
    }
}
