using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Links;
using Tandem.Resources;

namespace Tandem.Agent.Sight;

/// <summary>
/// What the other agents say: each is asked for its view every so often (often while an election or a suspicion is on), and the holder's beats are listened to.
/// </summary>
public sealed class PeerSight(InstanceIdentity identity, IAgentLink links, TimeProvider time, Action changed)
{
    private static readonly TimeSpan Leisurely = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Urgently = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMilliseconds(400);

    private readonly Dictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private (PeerAddress Address, CancellationTokenSource Cancellation)? _listening;

    /// <summary>Boot-clock time of the last beat that showed a durable write, and whose it was in which epoch.</summary>
    public (long Epoch, string Incarnation, TimeSpan At)? LastLiveBeat { get; private set; }

    /// <summary>The holder's own agent says that it gives up.</summary>
    public (long Epoch, string Incarnation)? FailedHolder { get; private set; }

    /// <summary>Updates addresses from the pods, and asks whoever is due. Never waits.</summary>
    /// <param name="urgent">Ask as often as a swap of the record takes.</param>
    public void Turn(IReadOnlyList<V1Pod> pods, bool podsKnown, string? holderInstance, bool urgent, TimeSpan detectionTimeout, CancellationToken cancellation)
    {
        var present = pods.Where(p => p.Metadata.Name is { } name && name != identity.Instance).ToDictionary(p => p.Metadata.Name!, StringComparer.Ordinal);
        foreach (var (name, pod) in present)
        {
            if (!_peers.TryGetValue(name, out var peer)) _peers[name] = peer = new Peer(name);
            // Without the API the last address known is still the best one: pods do not move without it.
            if (pod.Status?.PodIP is { Length: > 0 } address) peer.Host = address;
        }
        foreach (var peer in _peers.Values)
        {
            peer.Pod = present.GetValueOrDefault(peer.Instance);
            peer.PodKnown = podsKnown;
            if (peer.Host is null || peer.Asking || (peer.AskedAt is { } asked && time.BootTime() - asked < (urgent ? Urgently : Leisurely))) continue;
            _ = AskAsync(peer, cancellation);
        }
        Listen(holderInstance, detectionTimeout, cancellation);
    }

    public IReadOnlyList<PeerObservation> Observe()
    {
        var now = time.BootTime();
        return [.. _peers.Values.OrderBy(p => p.Instance, StringComparer.Ordinal).Select(p => new PeerObservation(
            p.Instance, p.Host, p.Pod is { } pod && IsUp(pod), p.PodKnown ? p.Pod is null || HasEnded(p.Pod) : null, p.View, p.AnsweredAt is { } at ? now - at : null, p.RecordKnownSince))];
    }

    private static bool IsUp(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase == "Running";

    /// <summary>The API has seen the container end: evidence that its server is gone, as the agent is its first process.</summary>
    private static bool HasEnded(V1Pod pod) =>
        pod.Status?.Phase is "Failed" or "Succeeded"
        || pod.Status?.ContainerStatuses?.FirstOrDefault(c => c.Name == Names.PostgresContainer)?.State?.Terminated is not null;

    private async Task AskAsync(Peer peer, CancellationToken cancellation)
    {
        peer.Asking = true;
        var sentAt = time.BootTime();
        peer.AskedAt = sentAt;
        try
        {
            if (await links.ViewAsync(new PeerAddress(peer.Instance, peer.Host!), AnswerLimit, cancellation) is not { } view) return;
            var news = peer.View is null || peer.View.Promise?.Epoch != view.Promise?.Epoch || peer.View.Epoch != view.Epoch;
            if (peer.View is not { } last || (last.RecordEpoch, last.RecordRevision) != (view.RecordEpoch, view.RecordRevision)) peer.RecordKnownSince = time.BootTime();
            (peer.View, peer.AnsweredAt) = (view, sentAt);
            if (view.Failed && view.Incarnation is { } failed) FailedHolder = (view.Epoch, failed);
            if (news) changed();
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
        finally
        {
            peer.Asking = false;
        }
    }

    private void Listen(string? holder, TimeSpan detectionTimeout, CancellationToken cancellation)
    {
        PeerAddress? wanted = holder is not null && holder != identity.Instance && _peers.TryGetValue(holder, out var peer) && peer.Host is { } host ? new PeerAddress(holder, host) : null;
        if (_listening?.Address == wanted) return;
        _listening?.Cancellation.Cancel();
        _listening = null;
        if (wanted is null) return;
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _listening = (wanted, source);
        _ = ListenAsync(wanted, detectionTimeout, source.Token);
    }

    private async Task ListenAsync(PeerAddress holder, TimeSpan detectionTimeout, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await foreach (var beat in links.BeatsAsync(holder, cancellation)) Hear(beat, detectionTimeout);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or System.Text.Json.JsonException or OperationCanceledException or ObjectDisposedException)
            {
                // Silence is what it is; the suspicion counts it.
            }
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Hear(Beat beat, TimeSpan detectionTimeout)
    {
        if (beat.Failed)
        {
            FailedHolder = (beat.Epoch, beat.Incarnation);
            changed();
        }
        // A holder whose disk has not taken a write for the whole timeout does not live, however lively its agent.
        if (beat.SinceDurableWriteMilliseconds is { } age && age < detectionTimeout.TotalMilliseconds)
        {
            LastLiveBeat = (beat.Epoch, beat.Incarnation, time.BootTime() - TimeSpan.FromMilliseconds(age));
            // It said so, and has come back in its place.
            if (!beat.Failed && FailedHolder == (beat.Epoch, beat.Incarnation)) FailedHolder = null;
        }
    }

    private sealed class Peer(string instance)
    {
        public string Instance { get; } = instance;
        public string? Host { get; set; }
        public V1Pod? Pod { get; set; }
        public bool PodKnown { get; set; }
        public MemberView? View { get; set; }
        public TimeSpan? AnsweredAt { get; set; }
        public TimeSpan? AskedAt { get; set; }

        /// <summary>Since when this agent knows which record the other one has obeyed last.</summary>
        public TimeSpan? RecordKnownSince { get; set; }
        public bool Asking { get; set; }
    }
}
