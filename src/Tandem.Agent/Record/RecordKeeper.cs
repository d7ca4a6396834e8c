using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tandem.Agent.Fencing;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Record;

/// <summary>
/// The one way to the record: live reads, and swaps one at a time. No swap is ever made from a cache: each begins with a live read and names the
/// version read, so a late swap of an earlier attempt and this one cannot both land; and no layer below sends one twice.
/// </summary>
public sealed class RecordKeeper(IKubernetesClient client, string cluster, string @namespace, TimeProvider time, Random random, ILogger logger, int format = PrimaryRecord.CurrentFormat)
{
    /// <summary>A swap that the API server has not answered by then is of unknown outcome.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Whoever is answered later than this was not in touch with the API server meanwhile: it may have been down, and have gone back, and have answered just before the read was given up.</summary>
    private static readonly TimeSpan Touch = TimeSpan.FromSeconds(1);

    private readonly Turns _turns = new();

    /// <summary>The highest format of a record that this agent knows: it follows a higher one, and swaps none.</summary>
    public int Format => format;

    /// <summary>Latest reading; replaced as a whole.</summary>
    public RecordReading Latest { get; private set; } = RecordReading.Never;

    /// <summary>Members whom a swap of unknown outcome names: it may stand already, or land yet, until a swap of one's own succeeds [C9]. Whoever asks all members asks these too [C10a].</summary>
    public ImmutableSortedSet<Incarnation> MaybeMembers { get; private set; } = [];

    /// <summary>Whom of the other site a swap of one's own that nobody answered says to be counted: that may stand in the record by now [C9]. Null: nobody.</summary>
    public RemoteStandby? MaybeCounted { get; private set; }

    /// <summary>Raised when <see cref="Latest"/> tells something new.</summary>
    public event Action? Changed;

    /// <summary>Reads the record live. An unreachable API server leaves the last record known, with <see cref="RecordReading.Reachable"/> false.</summary>
    public async Task<RecordReading> ReadAsync(CancellationToken cancellation)
    {
        await ReadLeaseAsync(cancellation);
        return Latest;
    }

    /// <summary>
    /// Takes note of a Lease that a watch delivered. A watch may lag, but what it shows did stand: only newer versions are taken. When it was so, and that the API server answers now, a live read alone tells.
    /// </summary>
    /// <param name="before">What stood there before, where the watch itself has told of the change; null where a list shows it.</param>
    public void Observe(V1Lease lease, V1Lease? before = null)
    {
        // Of what stood there unreadable, nobody can tell whether this is another reign.
        if (before is not null && TryRead(before) is { } was) NoteBegin(was, TryRead(lease));
        // Before the first live read, and about another Lease than the one that was read, a watch may speak of what is long over.
        if (Latest.Exists is null || (Latest.Record is { } known && (known.Uid != lease.Metadata.Uid || Version(lease.Metadata.ResourceVersion) <= Version(known.ResourceVersion)))) return;
        Publish(lease, Latest);
    }

    /// <summary>What the volume remembers from before this life.</summary>
    public void Recall(PrimaryRecord? remembered) => Note(remembered);

    /// <summary>This process was paused until then, and heard nobody, though no read has failed: what it heard before that is old.</summary>
    public void WasPausedUntil(TimeSpan until)
    {
        if (Latest.ReachableSince < until) Latest = Latest with { ReachableSince = until };
    }

    /// <param name="decidedAt">
    /// When this was decided on, by the boot clock: not where the API server was out of reach since, or this process paused. It may have gone back meanwhile, and what the rules wait for then, a job that has begun before must
    /// not pass by.
    /// </param>
    /// <param name="change">From the record as read live (null: there is none) to what it shall be; null: not called for any more.</param>
    /// <param name="rebuilds">Whatever stands there is known to be older than what was obeyed, or gone: looked at once more when that has been read, with nothing between it and the sending. Throws where it may be otherwise by now.</param>
    public async Task<RecordSwap> SwapAsync(string purpose, TimeSpan decidedAt, Func<PrimaryRecord?, PrimaryRecord?> change, CancellationToken cancellation, Func<Task>? rebuilds = null)
    {
        await _turns.TakeAsync(cancellation);
        try
        {
            V1Lease? lease;
            try
            {
                lease = await ReadLeaseAsync(cancellation);
            }
            catch (Exception exception) when (exception is KubernetesUnreachableException or KubernetesException)
            {
                return new RecordSwap.Unsent();
            }
            if (Latest.Unreadable is not null) return new RecordSwap.Moot(null);
            if (Latest.ReachableSince > decidedAt) return new RecordSwap.Unsent();

            var current = lease is null ? null : Latest.Record;
            if (current is { IsWritable: false }) return new RecordSwap.Moot(current); // written by a newer version: follow, never swap
            if (rebuilds is null && Latest.Newest is { } newest && current?.IsOlderThan(newest) != false) return new RecordSwap.Moot(null); // the API server went back: a step of the present reign would go on from an earlier one
            if (change(current) is not { } wanted || wanted.NeededFormat > format) return new RecordSwap.Moot(current);

            if (rebuilds is not null) await rebuilds();
            var next = wanted.After(current) with { Nonce = random.NextHex(16) };
            var sentAt = time.BootTime();
            var outcome = await SendAsync(lease, next, cancellation);
            switch (outcome)
            {
                case SwapResult<V1Lease>.Applied applied:
                    (MaybeMembers, MaybeCounted) = ([], null);
                    Publish(applied.Value, Answered(sentAt));
                    NoteBegin(current, Latest.Record);
                    Log.Swapped(logger, purpose, next.Epoch, next.State, next.Holder?.Instance ?? "-");
                    return new RecordSwap.Applied(Latest.Record!, sentAt);
                case SwapResult<V1Lease>.Unknown unknown:
                    MaybeMembers = MaybeMembers.Union(next.Members);
                    MaybeCounted = next.AwaitedRemote ?? MaybeCounted;
                    Log.SwapUnknown(logger, purpose, unknown.Message);
                    return new RecordSwap.Unknown(unknown.Message);
                case SwapResult<V1Lease>.Refused refused:
                    Log.SwapRefused(logger, purpose, refused.StatusCode, refused.Message);
                    return new RecordSwap.Lost();
                default:
                    await LookAgainAsync(cancellation);
                    return new RecordSwap.Lost();
            }
        }
        finally
        {
            _turns.End();
        }
    }

    /// <summary>Somebody else has swapped: what, is to be known now, and not when the watch tells or the next turn of the clock.</summary>
    private async Task LookAgainAsync(CancellationToken cancellation)
    {
        try
        {
            await ReadLeaseAsync(cancellation);
        }
        catch (KubernetesUnreachableException)
        {
            // Noted.
        }
    }

    private async Task<SwapResult<V1Lease>> SendAsync(V1Lease? lease, PrimaryRecord next, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return lease is null
                ? await client.CreateAsync(RecordLease.New(cluster, @namespace, next), linked.Token)
                : await client.SwapAsync(RecordLease.Write(lease, next), linked.Token);
        }
        catch (OperationCanceledException)
        {
            return new SwapResult<V1Lease>.Unknown("no answer in time");
        }
    }

    private async Task<V1Lease?> ReadLeaseAsync(CancellationToken cancellation)
    {
        var sentAt = time.BootTime();
        var before = Latest.Record;
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var lease = await client.GetAsync<V1Lease>(Names.Record(cluster), @namespace, linked.Token);
            if (lease is null)
            {
                var news = Latest.Exists != false;
                Latest = Read(sentAt) with { Record = null, Exists = false, Unreadable = null };
                if (news) Changed?.Invoke();
            }
            else
            {
                Publish(lease, Read(sentAt), before);
            }
            return lease;
        }
        catch (Exception exception) when (exception is KubernetesUnreachableException or KubernetesException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            if (Latest.Reachable) Log.ApiUnreachable(logger, exception.Message);
            Latest = Latest with { Reachable = false };
            throw exception as KubernetesUnreachableException ?? new KubernetesUnreachableException(exception.Message, exception);
        }
    }

    /// <param name="reading">The latest one, with when the API server told this.</param>
    /// <param name="before">Of a live read: what was known when it was sent.</param>
    private void Publish(V1Lease lease, RecordReading reading, PrimaryRecord? before = null)
    {
        // The watch was quicker than a read that had been sent before: what is known does not become older by it. But a live read that is older than what was known before it
        // was sent tells that the API server itself went back (a backup was restored): then that is what stands there.
        if (Latest.Record is { } known && known.Uid == lease.Metadata.Uid && Version(lease.Metadata.ResourceVersion) < Version(known.ResourceVersion)
            && !(before is not null && before.Uid == lease.Metadata.Uid && Version(lease.Metadata.ResourceVersion) < Version(before.ResourceVersion)))
        {
            Latest = reading;
            return;
        }

        try
        {
            var record = RecordLease.Read(lease) with { KnownFormat = format };
            var news = Latest.Record?.ResourceVersion != record.ResourceVersion || Latest.Exists != true;
            Latest = reading with { Record = record, Exists = true, Unreadable = null };
            Note(record);
            if (news) Changed?.Invoke();
        }
        catch (FormatException exception)
        {
            Latest = reading with { Exists = true, Unreadable = exception.Message };
            Changed?.Invoke();
        }
    }

    /// <summary>What is known, as of an answer of the API server to what was sent then.</summary>
    private RecordReading Answered(TimeSpan sentAt) =>
        Latest with { ReadAt = sentAt, Reachable = true, ReachableSince = Latest is { Reachable: true, ReachableSince: { } since } ? since : time.BootTime() };

    /// <summary>As <see cref="Answered"/>, of a read.</summary>
    private RecordReading Read(TimeSpan sentAt)
    {
        var answered = Answered(sentAt);
        return time.BootTime() - sentAt > Touch ? answered with { ReachableSince = time.BootTime() } : answered;
    }

    private void NoteBegin(PrimaryRecord? before, PrimaryRecord? now)
    {
        if (now is not null && (before?.Epoch, before?.Holder) != (now.Epoch, now.Holder)) Latest = Latest with { Begun = (now.Epoch, now.Holder) };
    }

    private static PrimaryRecord? TryRead(V1Lease lease)
    {
        try
        {
            return RecordLease.Read(lease);
        }
        catch (FormatException)
        {
            return null; // whoever publishes it tells why
        }
    }

    private void Note(PrimaryRecord? record)
    {
        if (record is not null && Latest.Newest?.IsOlderThan(record) != false) Latest = Latest with { Newest = record };
    }

    private static ulong Version(string? resourceVersion) => ulong.TryParse(resourceVersion, out var version) ? version : 0;
}
