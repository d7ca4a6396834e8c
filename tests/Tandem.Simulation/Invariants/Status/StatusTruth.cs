using Tandem.Kubernetes.Models;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Postgres;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Invariants.Status;

/// <summary>
/// Looks at the world as it is, every few milliseconds, for what a status may say of it. It asks the servers, their disks and the records that stand in the API; nothing that an agent or an operator believes.
/// </summary>
public sealed class StatusTruth(World world)
{
    /// <summary>What is so for a shorter time than this may be missed, and is missed by whoever asks once a second too.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan JustNow = TimeSpan.FromSeconds(1);
    private readonly Dictionary<Incarnation, string> _names = [];
    private readonly Dictionary<string, TimeSpan> _waited = new(StringComparer.Ordinal);

    public LastSo So { get; } = new(world.Events);

    public void Look()
    {
        foreach (var site in world.Sites)
            if (site.Operators.Count > 0)
                Look(site);
    }

    private void Look(SimulatedSite site)
    {
        // While the record is lost, what runs goes on by what is remembered of it.
        var known = site.Record ?? RecordLoss.Newest(site.Started.Select(p => p.Disk.AgentState?.Record));
        var record = known is { State: RecordState.Stable } stable ? stable : null;
        var open = 0;
        foreach (var program in site.Started)
        {
            if (program.IsEnded || program.Server.Live is not { } server) continue;
            var instance = program.Identity.Instance;
            var receives = server.Phase == ServerPhase.Standby && IsReceiving(server);
            if (receives) So.Note(site.Name, Fact.Streams, instance);
            var isOpen = server.Phase == ServerPhase.Primary && server.LetsClientsIn;
            if (isOpen) open++;
            if (record?.Holder is not { } holder || holder.Instance != instance || SimulatedSite.IncarnationOf(program) != holder) continue;
            if (record.RunMode == RunMode.Standby)
            {
                if (!receives) continue;
                So.Note(site.Name, Fact.Follows, instance);
                So.Note(site.Name, Fact.ReceivesAcross);
                continue;
            }
            // The agent says so when it has had the door opened; a postmaster is a moment in opening it.
            if (isOpen || (server.Phase == ServerPhase.Primary && server.IsToLetClientsIn)) So.Note(site.Name, Fact.Admits, instance);
            if (server.Phase == ServerPhase.Primary && Waits(record, server, out var empty))
            {
                _waited[site.Name] = world.Events.Now;
                if (!empty) So.Note(site.Name, Fact.Waits);
            }
        }
        // It is lost just as the swap lands which says that all there is waits by now.
        if (record is { Holder: not null } && _waited.TryGetValue(site.Name, out var at) && world.Events.Now - at < JustNow && !record.Quorums.IsEmpty && record.Quorums.All(q => !q.IsEmpty)) So.Note(site.Name, Fact.Waits);
        if (open <= 1) So.Note(site.Name, Fact.OnePrimary);
        if (site.Api.Find<V1Service>(World.Namespace, Names.ReadWriteService(World.ClusterName))?.Spec?.Selector?.GetValueOrDefault(Names.InstanceLabel) is { } selected) So.Note(site.Name, Fact.Selected, selected);
        if (world.Sites.Count > 1) LookAcross(site, world.Sites[0] == site ? world.Sites[1] : world.Sites[0]);
    }

    /// <param name="site">Whose standby may follow the other site.</param>
    private void LookAcross(SimulatedSite site, SimulatedSite other)
    {
        if (site.PairRecord is { Synchronous.Preferred: false }) So.Note(site.Name, Fact.Vouched);
        if (site.PairRecord is { } mine && other.PairRecord is { } theirs && mine.PairEpoch == theirs.PairEpoch && mine.Role != theirs.Role) So.Note(site.Name, Fact.SitesAgree);
        // Cascades stream within their site: whoever streams from the other one is its copy, also while the site's record is lost and names nobody.
        if (site.Record?.Holder is { } main) LookAcross(site, other, main);
        foreach (var program in site.Started)
            if (SimulatedSite.IncarnationOf(program) is var incarnation && incarnation != site.Record?.Holder)
                LookAcross(site, other, incarnation);
    }

    private void LookAcross(SimulatedSite site, SimulatedSite other, Incarnation follower)
    {
        var (name, holder) = (NameOf(follower), HolderOf(other));
        foreach (var program in other.Started)
        {
            if (program.IsEnded || program.Server.Live is not { } server || !SendsTo(server, name)) continue;
            // While the record is lost whoever holds it goes on, and says so.
            if (program == holder || (other.Record?.Holder is null && server.Phase == ServerPhase.Primary)) So.Note(site.Name, Fact.SendsAcross);
            if (Receives(site, follower)) So.Note(site.Name, Fact.StreamsAcross);
        }
    }

    private static bool Receives(SimulatedSite site, Incarnation follower)
    {
        foreach (var program in site.Started)
            if (!program.IsEnded && program.Server.Live is { Phase: ServerPhase.Standby } standby && IsReceiving(standby) && SimulatedSite.IncarnationOf(program) == follower)
                return true;
        return false;
    }

    private static bool SendsTo(Server server, string name)
    {
        foreach (var sender in server.Senders)
            if (sender.State == "streaming" && sender.Name == name)
                return true;
        return false;
    }

    /// <summary>Who holds the site's record, where it runs.</summary>
    public static AgentProgram? HolderOf(SimulatedSite site)
    {
        if (site.Record?.Holder is not { } holder) return null;
        foreach (var program in site.Started)
            if (!program.IsEnded && program.Identity.Instance == holder.Instance && SimulatedSite.IncarnationOf(program) == holder)
                return program;
        return null;
    }

    /// <summary>The holder of the site's record, and whoever else streams across from the other site's primary: the record may have passed on a moment ago, which nobody over there can know.</summary>
    public static IEnumerable<AgentProgram> FollowersOf(SimulatedSite site, Server? primary)
    {
        var holder = HolderOf(site);
        return site.Started.Where(p => p == holder || (primary is not null && !p.IsEnded && SendsTo(primary, SimulatedSite.IncarnationOf(p).ReplicationName)));
    }

    /// <param name="empty">The empty clause beside another says that what is acknowledged may be nowhere else, until it has gone.</param>
    private bool Waits(PrimaryRecord record, Server primary, out bool empty)
    {
        empty = false;
        if (!primary.Synchronous.IsDefined) return false;
        var own = 0;
        foreach (var clause in record.Quorums)
        {
            if (clause.Epoch != record.Epoch || clause.Holder != record.Holder) continue;
            empty |= clause.IsEmpty;
            if (clause.IsEmpty) continue;
            own++;
            if (Streaming(primary, clause) < clause.Acknowledgements) return false;
        }
        return own > 0;
    }

    private int Streaming(Server primary, QuorumClause clause)
    {
        var count = 0;
        foreach (var member in clause.Members)
        {
            if (SendsTo(primary, NameOf(member))) count++;
        }
        return count;
    }

    private string NameOf(Incarnation incarnation)
    {
        if (!_names.TryGetValue(incarnation, out var name)) _names[incarnation] = name = incarnation.ReplicationName;
        return name;
    }

    private static bool IsReceiving(Server server)
    {
        foreach (var receiver in server.Receivers)
            if (receiver.IsConnected)
                return true;
        return false;
    }
}
