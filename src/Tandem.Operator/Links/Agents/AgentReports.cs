using System.Collections.Concurrent;
using Tandem.Protocol.Links;

namespace Tandem.Operator.Links.Agents;

/// <summary>
/// Asks every known agent every second and keeps what it said last. A report of another shape, the beginning and the end of a silence are told at once;
/// positions alone at most every <see cref="PositionsEvery"/>.
/// </summary>
public sealed class AgentReports(IAgentLinkFactory links, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PositionsEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Listener> _listeners = new();

    /// <summary>Namespace and name of the cluster of which something new was heard. Called on any thread; must not block.</summary>
    public event Action<string, string>? Heard;

    /// <summary>From now on exactly these agents of the cluster are asked.</summary>
    public void Track(string @namespace, string cluster, IReadOnlyCollection<AgentEndpoint> endpoints, AgentCredentials? credentials)
    {
        var wanted = credentials is null ? [] : endpoints.ToDictionary(e => e.PodUid);
        foreach (var (uid, listener) in _listeners.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            if (listener.Namespace != @namespace || listener.Cluster != cluster) continue;
            if (wanted.TryGetValue(uid, out var endpoint) && listener.Endpoint == endpoint && listener.Credentials == credentials) wanted.Remove(uid);
            else if (_listeners.TryRemove(uid, out var stale)) stale.Stop();
        }

        foreach (var endpoint in wanted.Values)
        {
            var listener = new Listener(this, @namespace, cluster, endpoint, credentials!);
            if (_listeners.TryAdd(endpoint.PodUid, listener)) listener.Start();
        }
    }

    public void Forget(string @namespace, string cluster) => Track(@namespace, cluster, [], null);

    public HeardReport Latest(string podUid) => _listeners.TryGetValue(podUid, out var listener) ? listener.Latest() : HeardReport.Nothing;

    /// <summary>Asks this agent once more, now: for whoever must not decide on a position that is a second old. An agent that was silent the last time is not waited for.</summary>
    public Task<HeardReport> AskNowAsync(string podUid) => _listeners.TryGetValue(podUid, out var listener) ? listener.AskNowAsync() : Task.FromResult(HeardReport.Nothing);

    public async ValueTask DisposeAsync()
    {
        foreach (var uid in _listeners.Keys.Order(StringComparer.Ordinal))
        {
            if (!_listeners.TryRemove(uid, out var listener)) continue;
            listener.Stop();
            await listener.Ended;
        }
    }

    /// <summary>The loop that asks one agent.</summary>
    private sealed class Listener(AgentReports owner, string @namespace, string cluster, AgentEndpoint endpoint, AgentCredentials credentials)
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Lock _gate = new();
        private AgentReport? _report;
        private long _heardAt;
        private long _toldAt;
        private bool _toldStale;
        private string? _silence;
        private volatile IAgentLink? _link;

        public string Namespace => @namespace;
        public string Cluster => cluster;
        public AgentEndpoint Endpoint => endpoint;
        public AgentCredentials Credentials => credentials;
        public Task Ended { get; private set; } = Task.CompletedTask;

        public void Start() => Ended = ListenAsync();

        public void Stop() => _stop.Cancel();

        public HeardReport Latest()
        {
            lock (_gate)
            {
                return _report is null ? new HeardReport(null, TimeSpan.MaxValue, _silence) : new HeardReport(_report, Age, _silence);
            }
        }

        public async Task<HeardReport> AskNowAsync()
        {
            if (_link is not { } link || Latest().Silence is not null) return Latest();
            try
            {
                if (Take(await AskAsync(link))) owner.Heard?.Invoke(@namespace, cluster);
            }
            catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
            {
                // Stopped meanwhile: what was heard before is all there is.
            }

            return Latest();
        }

        private async Task ListenAsync()
        {
            await Task.Yield(); // whoever tracks the agent goes on
            try
            {
                using var link = owner.Connect(endpoint, credentials);
                _link = link;
                while (true)
                {
                    var begun = owner.Time.GetTimestamp();
                    if (Take(await AskAsync(link))) owner.Heard?.Invoke(@namespace, cluster);
                    var left = AskEvery - owner.Elapsed(begun);
                    if (left > TimeSpan.Zero) await Task.Delay(left, owner.Time, _stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Stopped: the pod is gone, or its certificate is another one.
            }
            finally
            {
                _link = null;
                _stop.Dispose();
            }
        }

        private async Task<AgentAnswer> AskAsync(IAgentLink link)
        {
            using var deadline = new CancellationTokenSource(AskFor, owner.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
            try
            {
                return await link.ReadReportAsync(either.Token);
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                return new AgentAnswer.Silent($"no answer within {AskFor.TotalSeconds:0} s");
            }
        }

        /// <returns>Whether the cluster should look again.</returns>
        private bool Take(AgentAnswer answer)
        {
            lock (_gate)
            {
                var tell = answer switch
                {
                    AgentAnswer.Reported heard => TakeReport(heard.Report),
                    AgentAnswer.Silent silent => TakeSilence(silent.Reason),
                    _ => throw new InvalidOperationException(),
                };
                if (tell) _toldAt = owner.Time.GetTimestamp();
                return tell;
            }
        }

        private bool TakeReport(AgentReport report)
        {
            var differs = ReportShape.Differs(_report, report);
            (_report, _heardAt, _silence) = (report, owner.Time.GetTimestamp(), null);
            var stale = Age > HeardReport.FreshFor;
            var tell = stale != _toldStale || differs || owner.Elapsed(_toldAt) >= PositionsEvery;
            _toldStale = stale;
            return tell;
        }

        /// <summary>Of what it says: an agent that was stopped answers with what it saw before.</summary>
        private TimeSpan Age => owner.Elapsed(_heardAt) + TimeSpan.FromMilliseconds(_report?.SeenAgoMilliseconds ?? 0);

        private bool TakeSilence(string reason)
        {
            var first = _silence is null;
            _silence = reason;
            var stale = _report is null || Age > HeardReport.FreshFor;
            var tell = first || (stale && !_toldStale);
            _toldStale = stale;
            return tell;
        }
    }

    private TimeProvider Time => time;
    private IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials) => links.Connect(endpoint, credentials);
    private TimeSpan Elapsed(long since) => time.GetElapsedTime(since);
}
