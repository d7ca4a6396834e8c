using System.Text.Json.Nodes;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Tests.Operator.Pairs;

/// <summary>
/// A cluster whose one agent is played by the test: founds, follows, stops, writes the token and promotes as an agent does, in the cluster's real record. Its log is a position that grows
/// while it is writable; it streams while its line to the other site's is whole.
/// </summary>
internal sealed class PlayedCluster(IKubernetesClient client, string @namespace, string site) : IOwnCluster
{
    public const string Name = "orders";
    private readonly Incarnation _me = new("orders-1", site == "east" ? "0123456789abcdef0123456789abcdef" : "fedcba9876543210fedcba9876543210", $"claim-{site}");
    private PairEpoch? _runsAt;
    private string? _reign;
    private string? _question;
    private bool _cold;
    private uint _timeline = 1;
    private ulong _flushed = 0x3000000;

    public PlayedCluster Other { get; set; } = null!;

    /// <summary>The line that the log takes; the link of the operators is another one.</summary>
    public bool Cut { get; set; }

    public bool Writable { get; private set; }
    public bool Streaming { get; private set; }
    public Lsn Flushed => new(_flushed);
    public string? CopiedPassword { get; private set; }

    /// <summary>Two writable sites at one moment, ever.</summary>
    public bool WasWritableBesidesOther { get; private set; }

    /// <summary>Nobody lives through it: the next start has to ask [S8].</summary>
    public void LosePower() => (Writable, Streaming, _cold, _question) = (false, false, true, null);

    // ---- the agent ----

    public async Task PlayAsync(CancellationToken cancellation)
    {
        var pair = PairRecordLease.Read(await client.GetAsync<V1Lease>(Names.PairRecord(Name), @namespace, cancellation));
        if (pair is null) return;
        var lease = await client.GetAsync<V1Lease>(Names.Record(Name), @namespace, cancellation);
        if (PairRecordLease.ReadCluster(lease) is not { } record) await FoundAsync(pair, cancellation);
        else if (record.RunMode == RunMode.Standby) await StandByAsync(lease!, record, pair, cancellation);
        else await RunAsync(lease!, record, pair, cancellation);
        if (Writable && Other.Writable) WasWritableBesidesOther = true;
    }

    private async Task FoundAsync(PairRecord pair, CancellationToken cancellation)
    {
        var standby = pair.Role == PairRole.Standby;
        if (standby && pair.Peer is not { Ready: true }) return;
        var record = new PrimaryRecord
        {
            Epoch = new Epoch(1), Holder = _me, LeaseDuration = TimeSpan.FromSeconds(10), RunMode = standby ? RunMode.Standby : RunMode.Primary, PairEpoch = pair.PairEpoch,
            SystemIdentifier = standby ? pair.Peer!.Facts!.SystemIdentifier : new SystemIdentifier(7300000000000000001), Members = [_me],
        };
        var (json, fields) = RecordCodec.Encode(record);
        var lease = new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = Names.Record(Name), Namespace = @namespace, Labels = new() { [Names.ClusterLabel] = Name }, Annotations = new() { [Names.RecordAnnotation] = json } },
            Spec = new V1LeaseSpec { HolderIdentity = fields.HolderIdentity, LeaseTransitions = (int)fields.LeaseTransitions, LeaseDurationSeconds = fields.LeaseDurationSeconds, RenewTime = DateTimeOffset.UtcNow },
        };
        await client.CreateAsync(lease, cancellation);
    }

    private async Task StandByAsync(V1Lease lease, PrimaryRecord record, PairRecord pair, CancellationToken cancellation)
    {
        Writable = false;
        if (pair.IsDemoting)
        {
            Streaming = false;
            if (record.Demoted?.PairEpoch != record.PairEpoch)
                await client.SwapAsync(PairRecordLease.WithCluster(lease, record with { Demoted = new DemotionToken(record.SystemIdentifier!.Value, new TimelineId(_timeline), Flushed, record.PairEpoch!.Value) }), cancellation);
            return;
        }

        Streaming = !Cut && !Other.Cut && pair.Role == PairRole.Standby && (Other.Writable || !Other.Streaming);
        if (!Streaming) return;
        (_flushed, _timeline, _runsAt, _reign) = (Other._flushed, Other._timeline, null, Other._reign);
        if (Other._runsAt is { } reign && record.Reign?.PairEpoch != reign)
            await client.SwapAsync(PairRecordLease.WithCluster(lease, record with { Lineage = [.. record.Lineage, new LineageEntry(reign, new Epoch(1), Other._me, new TimelineId(_timeline), Flushed)] }), cancellation);
    }

    private async Task RunAsync(V1Lease lease, PrimaryRecord record, PairRecord pair, CancellationToken cancellation)
    {
        Streaming = false;
        if (Writable) _flushed += 0x100;
        if (pair.PairEpoch != record.PairEpoch || pair.IsDemoting || (Writable && _runsAt == record.PairEpoch)) return;
        if (record.Floor is { } floor && Flushed < floor.Lsn) return;
        if (_cold && !await MayOpenAsync(record.PairEpoch!.Value, cancellation)) return;
        if (_runsAt is null) _timeline++;
        var reign = new LineageEntry(record.PairEpoch, record.Epoch, _me, new TimelineId(_timeline), Flushed);
        if (await client.SwapAsync(PairRecordLease.WithCluster(lease, record with { Lineage = [.. record.Lineage.Where(l => l.PairEpoch != record.PairEpoch), reign] }), cancellation) is not SwapResult<V1Lease>.Applied) return;
        (_runsAt, _reign, Writable) = (record.PairEpoch, reign.Name, true);
    }

    private async Task<bool> MayOpenAsync(PairEpoch mine, CancellationToken cancellation)
    {
        if (_question is null)
        {
            _question = Guid.NewGuid().ToString("N");
            var annotations = new JsonObject { [PeerCheckRequest.Annotation] = new PeerCheckRequest(_question, _me.ToString()).Encode() };
            await client.PatchAsync<V1Lease>(Names.PairRecord(Name), @namespace, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } }.ToJsonString(), cancellation);
        }

        var lease = await client.GetAsync<V1Lease>(Names.PairRecord(Name), @namespace, cancellation);
        _cold = PeerCheckAnswer.Decode(lease?.Metadata.Annotations?.GetValueOrDefault(PeerCheckAnswer.Annotation))?.Allows(_question, mine) != true;
        return !_cold;
    }

    // ---- what the operator asks ----

    public DatabaseCluster? Find(string ns, string cluster) => new() { Metadata = new V1ObjectMeta { Name = cluster, Namespace = ns, Uid = "uid" } };

    public Task<AgentReport?> ReportAsync(string ns, string cluster, string instance, bool askNow, CancellationToken cancellation) => Task.FromResult<AgentReport?>(new AgentReport
    {
        Instance = instance, Version = "test", State = Writable ? "quiesced" : Streaming ? "streaming" : "recovering", RunMode = Writable ? "Primary" : "Standby", Admitted = Writable, Streaming = Streaming, Upstream = Streaming ? $"{AgentReport.SitePrefix}{(site == "east" ? "west" : "east")}" : null,
        Timeline = _timeline, Reign = _reign, Flushed = Flushed.ToString(), SystemIdentifier = "7300000000000000001", ServerVersion = 150018,
        Senders = Other.Streaming ? [new SenderReport(Other._me.ReplicationName, "streaming", null, null, Other.Flushed.ToString(), Other.Flushed.ToString(), "async", 0, "192.0.2.1")] : [],
    });

    public IReadOnlyList<AgentReport> Reports(string ns, string cluster) => [new AgentReport { Instance = "orders-1", Version = "test", State = "streaming", HasCopy = true, RecordFormat = PrimaryRecord.CurrentFormat }];

    public string? AuthorityPem(string ns, string cluster) => $"authority of {site}";

    public V1Service? ReplicationService(string ns, string cluster) => new() { Spec = new V1ServiceSpec { Type = "LoadBalancer", Ports = [new V1ServicePort { Port = 5432, NodePort = 30432 }] } };

    public IReadOnlyList<string> NodeAddresses(string ns, string cluster, string? holder) => ["192.0.2.1", "192.0.2.2"];

    public V1Secret? ApplicationSecret(string ns, string cluster) => null;

    public Task ApplyApplicationSecretAsync(DatabaseCluster cluster, string password, CancellationToken cancellation)
    {
        CopiedPassword = password;
        return Task.CompletedTask;
    }
}
