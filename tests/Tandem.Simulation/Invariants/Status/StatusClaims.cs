using Tandem.Resources;
using Tandem.Simulation.Api;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Invariants.Status;

/// <summary>
/// Whether a status says what is not so. It is looked at when it is written, against what was so in the while before it was sent: a report is asked for every second and counts as of the present for a few, so nobody
/// can write what has changed this very moment. What has not been so at any instant of that while was known to be otherwise, or was not known, which is to be said too. A status that nobody writes any
/// more is no lie: nobody is there to put it right, and <see cref="StatusInTheEnd"/> looks whether somebody does later.
/// </summary>
public sealed class StatusClaims(World world, StatusTruth truth, RecoveryPoints points)
{
    /// <summary>
    /// A report speaks of the present for 3 s after it was heard, and was a second on its way at most (HeardReport); of the server it says what the agent's last look showed, and a look and the
    /// writing take a moment each.
    /// </summary>
    public static readonly TimeSpan Allowance = TimeSpan.FromSeconds(6);

    /// <summary>For so long one end of a connection may be silent (wal_sender_timeout and wal_receiver_timeout are 5 s), looked for every second, before the other gives it up.</summary>
    private static readonly TimeSpan ConnectionPatience = TimeSpan.FromSeconds(6);

    private const string Yes = "True";

    public void Written(SimulatedSite site, ApiWrite write)
    {
        // Whoever was stopped between reading and writing does not know it.
        if (site.Operators.FirstOrDefault(o => o.Process.Name == write.Writer) is not { Process: { IsPaused: false } process } || (process.ResumedAt > TimeSpan.Zero && process.ResumedAt > write.SentAt - Allowance)) return;
        truth.Look();
        switch (write)
        {
            case { New: DatabaseCluster { Status: { } status } } when !ReferenceEquals(status, (write.Old as DatabaseCluster)?.Status):
                new OfCluster(site, status, truth.So, write.SentAt - Allowance, world.Ledger.Report).Look();
                break;
            case { New: DisasterRecoveryPair { Status: { } status } pair } when !ReferenceEquals(status, (write.Old as DisasterRecoveryPair)?.Status):
                new OfPair(world, site, pair, status, truth.So, points, write.SentAt - Allowance).Look();
                break;
        }
    }

    /// <summary>A record was written: what it says may be so for less than a moment.</summary>
    public void Recorded() => truth.Look();

    /// <summary>A person has given up what some server had acknowledged.</summary>
    public void GaveUp() => points.GaveUp();

    private static bool Says(IEnumerable<Kubernetes.Models.V1Condition> conditions, string type) => Conditions.Find(conditions, type)?.Status == Yes;

    /// <summary>What the status of a DatabaseCluster says.</summary>
    private sealed class OfCluster(SimulatedSite site, DatabaseClusterStatus status, LastSo so, TimeSpan since, Action<string, string> report)
    {
        public void Look()
        {
            if (Says(status.Conditions, ConditionTypes.Ready)) Ready();
            if (Says(status.Conditions, ConditionTypes.Writable))
            {
                Claim("StatusSaysWritable", $"{status.Primary} takes writes", Fact.Admits, status.Primary ?? "");
                Claim("StatusSaysWritable", $"-rw leads to {status.Primary}", Fact.Selected, status.Primary ?? "");
            }
            if (Says(status.Conditions, ConditionTypes.Synchronized)) Claim("StatusSaysSynchronized", $"commits are confirmed by {status.Synchronization}", Fact.Waits);
            foreach (var instance in status.Instances)
                if (instance.State == InstanceState.Streaming)
                    Claim("StatusSaysStreaming", $"{instance.Name} streams", Fact.Streams, instance.Name);
        }

        /// <summary>Every server runs, exactly one is primary, every standby streams.</summary>
        private void Ready()
        {
            Claim("StatusSaysReady", $"{status.Primary} is there", status.RunMode == ClusterRunMode.Standby ? Fact.Follows : Fact.Admits, status.Primary ?? "");
            Claim("StatusSaysReady", "there is one primary", Fact.OnePrimary);
            foreach (var instance in status.Instances)
                if (instance.Name != status.Primary)
                    Claim("StatusSaysReady", $"{instance.Name} streams", Fact.Streams, instance.Name);
        }

        private void Claim(string rule, string what, Fact fact, string of = "")
        {
            if (!so.WasSo(site.Name, fact, since, of)) report(rule, $"{site.Name}: {what}, says the cluster's status: {so.Describe(site.Name, fact, of)}");
        }
    }

    /// <summary>What the status of a DisasterRecoveryPair says, at the primary site or at the standby site.</summary>
    private sealed class OfPair(World world, SimulatedSite site, DisasterRecoveryPair pair, DisasterRecoveryPairStatus status, LastSo so, RecoveryPoints points, TimeSpan since)
    {
        private readonly SimulatedSite _primary = world.Sites.First(s => (s == site) == (status.Role != ClusterRunMode.Standby));
        private readonly SimulatedSite _standby = world.Sites.First(s => (s == site) == (status.Role == ClusterRunMode.Standby));

        public void Look()
        {
            if (status.Role is null) return;
            if (Says(status.Conditions, ConditionTypes.Ready)) Follows("StatusSaysPairReady", "the other site follows");
            if (Says(status.Conditions, ConditionTypes.Protected)) Follows("StatusSaysProtected", "the other site could take over");
            if (Says(status.Conditions, ConditionTypes.SwitchoverReady) && status.Role == ClusterRunMode.Primary) Follows("StatusSaysSwitchoverReady", "a switchover could begin");
            if (Conditions.Find(status.Conditions, ConditionTypes.Synchronized) is { Status: Yes } synchronized)
            {
                if (synchronized.Reason == "Synchronous") NothingIsMissing("StatusSaysSynchronous");
                else if (status.Role == ClusterRunMode.Primary && pair.Spec.Synchronization.MaximumLag.Bytes is var limit) Lacks("StatusSaysWithinLag", limit);
            }
            if (status.RecoveryPoint is { } point) RecoveryPoint(point);
        }

        private void Follows(string rule, string what)
        {
            Streams(rule, what);
            // Of a site that it could not read it says what its own stream says.
            if (status.Peer?.Reachable == true) Claim(rule, what, Fact.SitesAgree);
        }

        /// <summary>At the primary site alone, and while the stream flows: unknown is absent, never 0 (requirement B12).</summary>
        private void RecoveryPoint(RecoveryPointStatus point)
        {
            if (status.Role == ClusterRunMode.Standby)
            {
                world.Ledger.Report("RecoveryPointOfStandby", $"{site.Name}, a standby site, says that a failover would lose {point.Bytes} bytes");
                return;
            }
            Streams("RecoveryPointOfNothing", $"a failover would lose {point.Bytes} bytes");
            if (point.Bytes == 0 && so.WasSo(_standby.Name, Fact.Vouched, since)) NothingIsMissing("RecoveryPointTooSmall");
            else if (point.Bytes is { } bytes) Lacks("RecoveryPointTooSmall", bytes);
        }

        private void NothingIsMissing(string rule)
        {
            if (_standby.PairRecord is not { Synchronous.Incarnation: var named } mark || mark.PairEpoch != status.PairEpoch) return;
            // What a failover within the primary site has lost, as its mode allows, was there no more to be counted.
            if (_standby.DataOf(named) is { Gone: false, Data: var disk } && points.Missing(_primary.Name, status.PairEpoch, disk, since) is { } row && _primary.Primary?.Data.Log.EndOfRow(row) is not null)
                world.Ledger.Report(rule, $"{site.Name}: nothing that {_primary.Name} acknowledged is missing at {_standby.Name}, says the pair's status: row {row} is");
        }

        private void Lacks(string rule, long bytes)
        {
            var least = StatusTruth.FollowersOf(_standby, _primary.Primary).Select(p => p.Disk.Data is Postgres.DataDirectory disk ? points.Lacking(_primary.Name, disk, since) : null).Min();
            if (least is { } lacks && lacks > (ulong)bytes)
                world.Ledger.Report(rule, $"{site.Name}: {_standby.Name} lacks {bytes} bytes at most, says the pair's status: it lacks {lacks} of what was there {(world.Events.Now - since).TotalSeconds:0.0} s ago");
        }

        /// <summary>Each site sees its own end of the connection, the other end only when that is heard no more.</summary>
        private void Streams(string rule, string what)
        {
            Claim(rule, what, status.Role == ClusterRunMode.Primary ? Fact.SendsAcross : Fact.ReceivesAcross);
            Claim(rule, what, Fact.StreamsAcross, patience: ConnectionPatience);
        }

        private void Claim(string rule, string what, Fact fact, TimeSpan patience = default)
        {
            if (!so.WasSo(_standby.Name, fact, since - patience)) world.Ledger.Report(rule, $"{site.Name}: {what}, says the pair's status: {fact} of {_standby.Name} {so.Describe(_standby.Name, fact)}");
        }
    }
}
