using System.Runtime.CompilerServices;
using Tandem.Agent.Links;
using Tandem.Protocol.Links;
using Tandem.Resources.Values;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Agents;

/// <summary>The way from one agent to the others, over the simulated network. What is sent are immutable records, so that nothing need be written as text.</summary>
public sealed class SimulatedAgentLink(AgentWorld world, AgentProgram self) : IAgentLink
{
    /// <summary>As the real link's pings notice a dead connection.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(2);

    public Task<MemberView?> ViewAsync(PeerAddress peer, TimeSpan timeout, CancellationToken cancellation) =>
        AskAsync<MemberView>(peer, timeout, (service, answer) => answer(service.Snapshot.View), cancellation);

    public async Task<bool> AttachAsync(PeerAddress peer, AttachRequest request, CancellationToken cancellation)
    {
        var done = await AskAsync<AttachRequest>(peer, request.Rewinds ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(3),
            async (service, answer) => answer(await service.AttachAsync(request, CancellationToken.None) ? request : null), cancellation);
        return done is not null;
    }

    public Task<HoldAnswer?> HoldAsync(PeerAddress peer, HoldRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        // The asker's guard counts from here, however long the giver's disk takes.
        var asked = world.Events.Now;
        return AskAsync<HoldAnswer>(peer, timeout, async (service, answer) =>
        {
            var given = await service.HoldAsync(request);
            if (given.Held && world.Agents.Find(peer.Host) is { } giver) world.Holds.Given(giver.Disk.ClaimUid, new Epoch(request.Epoch), asked + TimeSpan.FromMilliseconds(request.Milliseconds));
            answer(given);
        }, cancellation);
    }

    public async IAsyncEnumerable<Beat> BeatsAsync(PeerAddress peer, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var beats = new Queue<Beat>();
        var news = new TaskCompletionSource();
        var closed = false;
        var heardAt = world.Events.Now;
        var target = world.Agents.Find(peer.Host);
        if (target is null) throw new IOException("no such host");
        var pipe = new Pipe(world.Events, world.Wires, target.Machine.Name, self.Machine.Name);
        void Wake() => news.TrySetResult();
        world.Wires.Send(self.Machine.Name, target.Machine.Name, () => target.Process.Run(() => _ = PlayAsync()));
        try
        {
            while (true)
            {
                while (beats.TryDequeue(out var beat)) yield return beat;
                if (closed) throw new IOException("the connection was closed");
                if (world.Events.Now - heardAt > SilenceLimit) throw new IOException("no answer to a ping");
                try
                {
                    await news.Task.WaitAsync(TimeSpan.FromSeconds(1), self.Process.Time, cancellation);
                }
                catch (TimeoutException)
                {
                    continue;
                }
                news = new TaskCompletionSource();
            }
        }
        finally
        {
            closed = true;
            pipe.Break();
        }

        async Task PlayAsync()
        {
            if (target.Links is not { } service || target.Identity.Instance != peer.Instance)
            {
                pipe.Send(Close);
                return;
            }
            target.Process.Ended += Close;
            await foreach (var beat in service.BeatsAsync(CancellationToken.None))
            {
                if (closed || self.IsEnded) break;
                pipe.Send(() => Hear(beat));
            }
            target.Process.Ended -= Close;
        }

        void Hear(Beat? beat)
        {
            heardAt = world.Events.Now;
            if (beat is not null) beats.Enqueue(beat);
            Wake();
        }

        void Close()
        {
            if (!world.Wires.IsOpen(target.Machine.Name, self.Machine.Name) || !target.Machine.IsUp) return; // the end of a process is told by its machine, if it can
            closed = true;
            Wake();
        }
    }

    /// <summary>A call that may take minutes is not waited for when its connection is dead.</summary>
    private void Ping(AgentProgram target, int missed, Func<bool> isOver, Action fail) => world.Events.After(TimeSpan.FromSeconds(1), () =>
    {
        if (isOver()) return;
        var (here, there) = (self.Machine.Name, target.Machine.Name);
        var answered = !target.IsEnded && !target.Process.IsPaused && world.Wires.IsOpen(here, there) && world.Wires.IsOpen(there, here);
        if (!answered && missed > 0) fail();
        else Ping(target, answered ? 0 : missed + 1, isOver, fail);
    });

    private async Task<T?> AskAsync<T>(PeerAddress peer, TimeSpan timeout, Action<ILinkService, Action<T?>> ask, CancellationToken cancellation) where T : class
    {
        var outcome = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var target = world.Agents.Find(peer.Host);
        var lasting = timeout > SilenceLimit * 2;
        target?.Ask<T>(world.Wires, self.Machine.Name, peer.Instance, ask, value => outcome.TrySetResult(value), lasting ? world.Events : null);
        if (target is not null && lasting) Ping(target, 0, () => outcome.Task.IsCompleted, () => outcome.TrySetResult(null));
        using var limit = new CancellationTokenSource(timeout, self.Process.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using var registration = either.Token.Register(() => outcome.TrySetCanceled(either.Token));
        try
        {
            return await outcome.Task;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
