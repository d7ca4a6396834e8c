using Microsoft.Extensions.Logging;
using Tandem.Agent.Configuration;
using Tandem.Agent.Jobs;
using Tandem.Agent.Record;
using Tandem.Arbiter;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Fencing;

/// <summary>
/// The site's lease at the arbiter, held by the holder's agent (protocol, section 5): without it no server starts, and the one that runs is stopped by the guard at two thirds of its duration. It is
/// the agent's, not the operator's: what stops a server must not depend on a process elsewhere.
/// </summary>
public sealed class ArbiterKeeper(IArbiterFactory factory, IMountedSecrets secrets, Guard guard, InstanceIdentity identity, TimeProvider time, Random random, ILogger logger)
{
    private readonly Turns _turns = new();
    private readonly Standstill _standstill = new();
    private (ArbiterAddress Address, string Pair, IArbiter Arbiter)? _connected;
    private (PairEpoch PairEpoch, TimeSpan Until, bool Left)? _held;
    private string? _problem = "NotAsked";

    /// <summary>Whether a server may be started at this pair epoch, by the last answer of the arbiter.</summary>
    public bool IsHeld(ArbiterBinding? binding, PairEpoch? epoch) => binding is not null && _held is { } held && held.PairEpoch == epoch && held.Left == binding.Leaving && held.Until > time.BootTime();

    /// <summary>Takes the lease, or renews it; or gives it up, where the binding says so.</summary>
    /// <param name="pair">As last seen: it tells how this epoch came about.</param>
    /// <returns>Why it is not held; null: it is.</returns>
    public async Task<Refusal?> HoldAsync(ArbiterBinding binding, PairEpoch epoch, PairRecord? pair, CancellationToken cancellation)
    {
        await _turns.TakeAsync(cancellation);
        try
        {
            var problem = await TryAsync(binding, epoch, pair, cancellation);
            if (problem?.Reason != _problem)
            {
                _problem = problem?.Reason;
                if (problem is null) Log.ArbiterHeld(logger, epoch);
                else Log.ArbiterNotHeld(logger, epoch, problem.Reason, problem.Message);
            }
            return problem;
        }
        finally
        {
            _turns.End();
        }
    }

    private async Task<Refusal?> TryAsync(ArbiterBinding binding, PairEpoch epoch, PairRecord? pair, CancellationToken cancellation)
    {
        IArbiter arbiter;
        try
        {
            if (Connect(binding.Pair) is not { } connected) return new Refusal("ArbiterSecretMissing", "the Secret with the way to the arbiter is not mounted yet");
            arbiter = connected;
        }
        catch (ArbiterAddressException exception)
        {
            return new Refusal("ArbiterUnusable", exception.Message);
        }

        var reading = await arbiter.ReadAsync(cancellation);
        if (reading is ArbiterReading.Unreadable unreadable) return new Refusal(unreadable.Reason, unreadable.Message);
        var read = (ArbiterReading.Read)reading;
        var stoodStill = read.Record is { } stands ? _standstill.Observe(stands, time.BootTime()) : TimeSpan.Zero;
        if (ArbiterRules.MayHold(read.Record, binding, identity.Site ?? "", epoch, stoodStill, Consumed(pair, epoch)) is { } refusal) return refusal;
        if (binding.Leaving && read.Record is { Holder: null }) return Leave(epoch);

        var sentAt = time.BootTime();
        var until = sentAt + binding.Duration * 2 / 3;
        guard.Bind(until);
        var next = new ArbiterRecord(binding.Pair, epoch, binding.Leaving ? null : identity.Site, binding.Duration, time.GetUtcNow(), binding.Generation, random.NextHex(16));
        switch (await arbiter.SwapAsync(read, next, cancellation))
        {
            case ArbiterSwap.Applied when binding.Leaving:
                return Leave(epoch);
            case ArbiterSwap.Applied:
                guard.ExtendBinding(until);
                _held = (epoch, until, false);
                return null;
            case ArbiterSwap.Lost lost:
                return new Refusal("ArbiterSwapLost", lost.Message);
            case ArbiterSwap.Unknown unknown:
                return new Refusal("ArbiterUnreachable", unknown.Message);
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>The other site takes it from a holder alone: where there is none, nobody is waited for, and this site runs without.</summary>
    private Refusal? Leave(PairEpoch epoch)
    {
        guard.Unbind();
        _held = (epoch, TimeSpan.MaxValue, true);
        return null;
    }

    /// <summary>The pair epoch whose token this site consumed to come to this one.</summary>
    private static PairEpoch? Consumed(PairRecord? pair, PairEpoch epoch) =>
        pair?.Outcome is { Kind: PairOutcomeKind.Consumed, Token: { } token } outcome && outcome.To == epoch ? token.PairEpoch : null;

    private IArbiter? Connect(string pair)
    {
        if (secrets.ReadArbiter() is not { } address) return null;
        if (_connected is { } known && known.Address == address && known.Pair == pair) return known.Arbiter;
        _ = _connected?.Arbiter.DisposeAsync();
        _connected = null;
        var arbiter = factory.Connect(address, pair);
        _connected = (address, pair, arbiter);
        return arbiter;
    }
}
