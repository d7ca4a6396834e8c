using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.LeaderElection;

/// <summary>
/// One leader among many by a Lease. Whether the leader lives is judged by when one saw its lease change, by one's own monotonic clock: the times
/// written in the lease are for people. Not for who may be primary of a database: that is the record's.
/// </summary>
public sealed class LeaderElector
{
    private readonly IKubernetesClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;

    private V1Lease? _observed;
    private long _observedAt;
    private bool _mayHold;

    public LeaderElector(IKubernetesClient client, LeaderElectionOptions options, TimeProvider time, Random random, ILogger logger)
    {
        if (options.RenewDeadline >= options.LeaseDuration) throw new ArgumentException("the renew deadline must be shorter than the lease: else there could be two leaders");
        if (options.RetryPeriod * 1.2 >= options.RenewDeadline) throw new ArgumentException("the retry period must be shorter than the renew deadline: else the leader loses its lease between two attempts");
        (_client, _options, _time, _random, _logger) = (client, options, time, random, logger);
    }

    /// <summary>Whether this process leads now.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>The holder that was read last; null before the first read, empty where nobody holds the lease.</summary>
    public string? Leader { get; private set; }

    private string LeaseName => $"{_options.Namespace}/{_options.Name}";

    /// <summary>
    /// Campaigns, leads, and campaigns again when the lease was lost, until <paramref name="stopping"/>. <paramref name="lead"/> gets two tokens: on the first (stopping) it
    /// drains and returns, while the lease is still renewed; on the second (lost) it must end at once. The lease is released after it has returned.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, CancellationToken, Task> lead, CancellationToken stopping)
    {
        try
        {
            while (await AcquireAsync(stopping) is { } renewedAt && !stopping.IsCancellationRequested) await LeadAsync(lead, renewedAt, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            IsLeader = false;
            if (_mayHold) await ReleaseAsync();
        }
    }

    /// <returns>When the swap that got the lease was sent.</returns>
    private async Task<long?> AcquireAsync(CancellationToken stopping)
    {
        while (true)
        {
            var sentAt = _time.GetTimestamp();
            if (await TryAsync(stopping) == Attempt.Held) return sentAt;
            await Task.Delay(Jittered(_options.RetryPeriod), _time, stopping);
        }
    }

    private async Task LeadAsync(Func<CancellationToken, CancellationToken, Task> lead, long renewedAt, CancellationToken stopping)
    {
        IsLeader = true;
        Log.Leading(_logger, _options.Identity, LeaseName);
        using var lost = new CancellationTokenSource();
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(renewedAt, lost, ended.Token);
        try
        {
            await lead(stopping, lost.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || lost.IsCancellationRequested)
        {
        }
        finally
        {
            ended.Cancel(); // not CancelAsync: that goes to another thread
            await renewing;
            IsLeader = false;
        }
    }

    /// <summary>The deadline counts from when the last good renewal was sent, not from its answer: the others count from when they saw it.</summary>
    private async Task RenewAsync(long renewedAt, CancellationTokenSource lost, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                var left = _options.RenewDeadline - _time.GetElapsedTime(renewedAt);
                if (left <= TimeSpan.Zero)
                {
                    Lose(lost, $"not renewed for {_options.RenewDeadline.TotalSeconds} s");
                    return;
                }
                await Task.Delay(Min(Jittered(_options.RetryPeriod), left), _time, ended);
                var (sentAt, attempt) = (_time.GetTimestamp(), await TryWithinAsync(_options.RenewDeadline - _time.GetElapsedTime(renewedAt), ended));
                if (attempt == Attempt.Held) renewedAt = sentAt;
                if (attempt != Attempt.Others) continue;
                Lose(lost, $"{Leader} holds it");
                return;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private void Lose(CancellationTokenSource lost, string why)
    {
        IsLeader = false;
        Log.LeadLost(_logger, _options.Identity, LeaseName, why);
        lost.Cancel();
    }

    private async Task<Attempt> TryWithinAsync(TimeSpan left, CancellationToken cancellation)
    {
        if (left <= TimeSpan.Zero) return Attempt.Failed;
        using var deadline = new CancellationTokenSource(left, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            return await TryAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Attempt.Failed;
        }
    }

    /// <summary>One attempt to take or renew. Only a swap that was applied makes a leader.</summary>
    private async Task<Attempt> TryAsync(CancellationToken cancellation)
    {
        try
        {
            if (!IsLeader || _observed is null) // the leader's own last write is the present version, else its swap says so
            {
                var live = await _client.GetAsync<V1Lease>(_options.Name, _options.Namespace, cancellation);
                if (live is null) return await SettleAsync(() => _client.CreateAsync(Mine(null), cancellation));
                Observe(live);
                if (IsHeldByAnother(live)) return Attempt.Others;
            }
            return await SettleAsync(() => _client.SwapAsync(Mine(_observed!), cancellation));
        }
        catch (Exception e) when (e is KubernetesException or KubernetesUnreachableException)
        {
            Log.LeaseFailed(_logger, LeaseName, e.Message);
            return Attempt.Failed;
        }
    }

    private async Task<Attempt> SettleAsync(Func<Task<SwapResult<V1Lease>>> write)
    {
        _mayHold = true; // until it is known that it was not applied
        switch (await write())
        {
            case SwapResult<V1Lease>.Applied applied:
                Observe(applied.Value);
                return Attempt.Held;
            case SwapResult<V1Lease>.Conflict or SwapResult<V1Lease>.Absent:
                if (!IsLeader) _mayHold = false;
                _observed = null; // read it before the next attempt
                return Attempt.Failed;
            case SwapResult<V1Lease>.Refused refused:
                if (!IsLeader) _mayHold = false;
                Log.LeaseFailed(_logger, LeaseName, refused.Message);
                return Attempt.Failed;
            case SwapResult<V1Lease>.Unknown unknown:
                Log.LeaseFailed(_logger, LeaseName, unknown.Message);
                _observed = null;
                return Attempt.Failed;
            default:
                throw new InvalidOperationException("a new outcome of a swap");
        }
    }

    private void Observe(V1Lease lease)
    {
        if (_seen != lease.Metadata.ResourceVersion) (_seen, _observedAt) = (lease.Metadata.ResourceVersion, _time.GetTimestamp());
        _observed = lease;
        var holder = lease.Spec?.HolderIdentity ?? "";
        if (holder != Leader && holder != _options.Identity) Log.Following(_logger, _options.Identity, holder.Length == 0 ? "nobody" : holder, LeaseName);
        Leader = holder;
        if (holder != _options.Identity) _mayHold = false;
    }

    /// <summary>The version whose first sight <see cref="_observedAt"/> is.</summary>
    private string? _seen;

    private bool IsHeldByAnother(V1Lease lease)
    {
        var holder = lease.Spec?.HolderIdentity;
        if (string.IsNullOrEmpty(holder) || holder == _options.Identity) return false;
        if (IsLeader) return true; // it took over while we thought that we led
        var duration = lease.Spec!.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : _options.LeaseDuration;
        return _time.GetElapsedTime(_observedAt) < duration;
    }

    private V1Lease Mine(V1Lease? present)
    {
        var lease = present is null ? new V1Lease { Metadata = new V1ObjectMeta { Name = _options.Name, Namespace = _options.Namespace } } : KubernetesJson.Clone(present);
        var spec = lease.Spec ??= new V1LeaseSpec();
        var now = _time.GetUtcNow();
        if (spec.HolderIdentity != _options.Identity)
        {
            spec.LeaseTransitions = present is null ? 0 : (spec.LeaseTransitions ?? 0) + 1;
            spec.AcquireTime = now;
        }
        spec.HolderIdentity = _options.Identity;
        spec.LeaseDurationSeconds = (int)Math.Ceiling(_options.LeaseDuration.TotalSeconds);
        spec.RenewTime = now;
        return lease;
    }

    /// <summary>So that the next leader need not wait. Best effort: the lease runs out anyway.</summary>
    private async Task ReleaseAsync()
    {
        using var deadline = new CancellationTokenSource(_options.RenewDeadline, _time);
        try
        {
            var live = await _client.GetAsync<V1Lease>(_options.Name, _options.Namespace, deadline.Token);
            if (live?.Spec?.HolderIdentity != _options.Identity) return;
            live.Spec.HolderIdentity = "";
            live.Spec.LeaseDurationSeconds = 1;
            live.Spec.RenewTime = _time.GetUtcNow();
            var released = await _client.SwapAsync(live, deadline.Token);
            if (released is SwapResult<V1Lease>.Applied) Log.LeaseReleased(_logger, _options.Identity, LeaseName);
            else Log.LeaseFailed(_logger, LeaseName, $"not released: {released}");
        }
        catch (Exception e) when (e is KubernetesException or KubernetesUnreachableException or OperationCanceledException)
        {
            Log.LeaseFailed(_logger, LeaseName, $"not released: {e.Message}");
        }
    }

    private TimeSpan Jittered(TimeSpan period)
    {
        lock (_random) return period * (1 + 0.2 * _random.NextDouble());
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private enum Attempt
    {
        Held,

        /// <summary>Another holds it, and is not known to be dead.</summary>
        Others,
        Failed,
    }
}
