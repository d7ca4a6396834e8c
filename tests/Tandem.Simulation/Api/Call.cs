using Tandem.Kubernetes.Client;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Api;

/// <summary>One request, and the one who waits for its answer: until that comes, the deadline passes, the connection breaks, or the caller gives up.</summary>
internal sealed class Call<R> : IOnConnection
{
    private readonly TaskCompletionSource<ApiReply<R>> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SimulatedProcess _process;
    private readonly ServerConnection _connection;
    private readonly ApiServer _server;
    private readonly Func<ApiReply<R>> _carryOut;
    private readonly bool _isWrite;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _sentAt;

    private Call(SimulatedProcess process, ServerConnection connection, ApiServer server, bool isWrite, TimeSpan timeout, Func<ApiReply<R>> carryOut) =>
        (_process, _connection, _server, _isWrite, _timeout, _carryOut, _sentAt) = (process, connection, server, isWrite, timeout, carryOut, server.Events.Now);

    /// <param name="carryOut">What the server does, at the instant at which it does it.</param>
    /// <exception cref="KubernetesUnreachableException">No answer; where the deadline passed, with an <see cref="OperationCanceledException"/> inside.</exception>
    /// <exception cref="OperationCanceledException">The caller's own cancellation.</exception>
    public static async Task<ApiReply<R>> SendAsync(SimulatedProcess process, ServerConnection connection, ApiServer server, bool isWrite, TimeSpan timeout, Func<ApiReply<R>> carryOut, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var call = new Call<R>(process, connection, server, isWrite, timeout, carryOut);
        await using var deadline = process.Time.CreateTimer(_ => call.Fail(new KubernetesUnreachableException($"no answer within {timeout.TotalSeconds:0.#} s", new OperationCanceledException())), null, timeout, Timeout.InfiniteTimeSpan);
        await using var registration = cancellation.Register(() => call.Fail(new OperationCanceledException(cancellation)));
        connection.Add(call);
        try
        {
            connection.Send(call.Arrive);
            return await call._answered.Task;
        }
        finally
        {
            connection.Remove(call);
        }
    }

    public void Fail(Exception failure) => _answered.TrySetException(failure);

    // ---- at the server ----

    private void Arrive()
    {
        var (faults, chance, events) = (_server.Faults, _server.Chance, _server.Events);
        if (chance.Happens(faults.Refuses))
        {
            Answer(Refusal(chance));
            return;
        }
        var life = _server.Life;
        var late = _isWrite && chance.Happens(faults.AppliesLate) ? chance.LongTailed(faults.LongestLateness / 20, faults.LongestLateness) : TimeSpan.Zero;
        var takes = (_isWrite ? chance.LongTailed(TimeSpan.FromMilliseconds(1.5), TimeSpan.FromMilliseconds(250)) : chance.LongTailed(TimeSpan.FromMilliseconds(0.5), TimeSpan.FromMilliseconds(100))) * Math.Min(faults.Slowness, 60);
        // It was told how long its client waits, and gives up by then; not what was held up before it came here.
        if (takes > _timeout) events.After(late + _timeout, () => InLife(life, () => Answer(new ApiReply<R>(504, default, "Timeout", "the server was too slow"))));
        else events.After(late + takes, () => InLife(life, () => CarryOut(life)));
    }

    private void CarryOut(int life)
    {
        var (faults, chance) = (_server.Faults, _server.Chance);
        var reply = Done();
        if (_isWrite && chance.Happens(faults.Duplicates)) _server.Events.After(chance.Milliseconds(1, 3000), () => InLife(life, () => Done()));
        if (_isWrite && chance.Happens(faults.AppliedButFails)) reply = chance.Happens(0.5) ? new ApiReply<R>(500, default, "InternalError", "etcdserver: request timed out") : new ApiReply<R>(502, default, "", "bad gateway");
        if (!chance.Happens(faults.LosesAnswers)) Answer(reply);
    }

    private ApiReply<R> Done()
    {
        _server.CarriedOut = _sentAt;
        try
        {
            return _carryOut();
        }
        finally
        {
            _server.CarriedOut = null;
        }
    }

    private void InLife(int life, Action action)
    {
        if (_server.IsUp && _server.Life == life) action();
    }

    private static ApiReply<R> Refusal(Chance chance) => chance.Next(3) switch
    {
        0 => new ApiReply<R>(429, default, "TooManyRequests", "the server has received too many requests", TimeSpan.FromSeconds(1)),
        1 => new ApiReply<R>(500, default, "InternalError", "etcdserver: leader changed"),
        _ => new ApiReply<R>(503, default, "", "service unavailable"),
    };

    private void Answer(ApiReply<R> reply) => _server.Wires.Send(_server.Place, _connection.Place, () =>
    {
        _connection.Heard();
        // Of a process that was stopped, the first thing that it notices when it runs again may be the answer, or its own deadline.
        if (_process.IsPaused && _server.Chance.Happens(0.5)) _process.Run(() => _answered.TrySetResult(reply));
        else _answered.TrySetResult(reply);
    });
}
