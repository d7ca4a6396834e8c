using Tandem.Agent.Loop;

namespace Tandem.Agent.Jobs;

/// <summary>Carries out one action; decides nothing. Each is idempotent: begun again, it goes on from what it finds.</summary>
public static class InstanceActuator
{
    /// <exception cref="JobFailedException">It could not be done now; the table looks again.</exception>
    public static Task RunAsync(JobContext c, InstanceAction action, InstanceObservation o, CancellationToken cancellation) => action switch
    {
        InstanceAction.Found found => RecordJobs.FoundAsync(c, found, o, cancellation),
        InstanceAction.Vacate vacate => RecordJobs.VacateAsync(c, vacate, o, cancellation),
        InstanceAction.Elect elect => RecordJobs.ElectAsync(c, elect, o, cancellation),
        InstanceAction.TakeBack => RecordJobs.TakeBackAsync(c, o, cancellation),
        InstanceAction.SwapRun => RecordJobs.SwapRunAsync(c, o, cancellation),
        InstanceAction.CheckOtherSite => RecordJobs.CheckOtherSiteAsync(c, o, cancellation),
        InstanceAction.NameSystem => RecordJobs.NameSystemAsync(c, o, cancellation),
        InstanceAction.AdoptLineage => RecordJobs.AdoptLineageAsync(c, o, cancellation),
        InstanceAction.BeginAnew => RecordJobs.BeginAnewAsync(c, o, cancellation),
        InstanceAction.RebuildRecord rebuild => RecordJobs.RebuildAsync(c, rebuild, o, cancellation),
        InstanceAction.LeaveClauses => RecordJobs.LeaveClausesAsync(c, o, cancellation),
        InstanceAction.DropMembers drop => RecordJobs.DropMembersAsync(c, drop, o, cancellation),
        InstanceAction.AddMembers add => RecordJobs.AddMembersAsync(c, add, o, cancellation),
        InstanceAction.Promise promise => PromiseJobs.PromiseAsync(c, promise, o, cancellation),
        InstanceAction.Obey obey => PromiseJobs.ObeyAsync(c, obey, o, cancellation),
        InstanceAction.Stop stop => ServerJobs.StopAsync(c, stop, o, cancellation),
        InstanceAction.StartReadWrite => ServerJobs.StartReadWriteAsync(c, o, cancellation),
        InstanceAction.StartStandby start => ServerJobs.StartStandbyAsync(c, start, o, cancellation),
        InstanceAction.Repoint repoint => ServerJobs.RepointAsync(c, repoint, o, cancellation),
        InstanceAction.Reconnect reconnect => ReconnectAsync(c, reconnect),
        InstanceAction.EndStreams end => c.Server.TerminateWalSendersAsync(end.Senders, cancellation),
        InstanceAction.Promote => ServerJobs.PromoteAsync(c, o, cancellation),
        InstanceAction.ApplyConfiguration => ServerJobs.ApplyConfigurationAsync(c, o, cancellation),
        InstanceAction.PrepareAdmission => AdmissionJobs.PrepareAsync(c, o, cancellation),
        InstanceAction.Admit => AdmissionJobs.AdmitAsync(c, o, cancellation),
        InstanceAction.ChangeSet change => SetChangeJob.RunAsync(c, change, o, cancellation),
        InstanceAction.HandOver handover => HandoverJobs.HandOverAsync(c, handover, o, cancellation),
        InstanceAction.Demote => HandoverJobs.DemoteAsync(c, o, cancellation),
        InstanceAction.NoteLineage => NoteLineageAsync(c, o),
        InstanceAction.HoldArbiter => HoldArbiterAsync(c, o, cancellation),
        InstanceAction.MakeSlot make => c.Server.EnsureSlotAsync(make.Slot, cancellation),
        InstanceAction.DropSlots drop => Task.WhenAll(drop.Slots.Select(s => c.Server.DropSlotAsync(s, cancellation))),
        InstanceAction.Attach attach => ServerJobs.AttachAgainAsync(c, attach, o, cancellation),
        InstanceAction.LearnLineage => ServerJobs.LearnWholeLineageAsync(c, o.LogEnd!.Timeline, cancellation),
        InstanceAction.Seal => ServerJobs.SealAsync(c, cancellation),
        InstanceAction.Initialize => CopyJobs.InitializeAsync(c, o, cancellation),
        InstanceAction.ReadOtherSite read => CopyJobs.ReadOtherSiteAsync(c, read, o, cancellation),
        InstanceAction.BaseBackup backup => CopyJobs.BaseBackupAsync(c, backup, o, cancellation),
        InstanceAction.Rewind rewind => CopyJobs.RewindAsync(c, rewind, o, cancellation),
        InstanceAction.AcceptDiscard accept => AcceptDiscardAsync(c, accept),
        InstanceAction.Discard => CopyJobs.DiscardAsync(c, o),
        InstanceAction.Exit => ExitAsync(c),
        InstanceAction.Nothing or InstanceAction.Hold or InstanceAction.Wait => Task.CompletedTask,
        _ => throw new InvalidOperationException($"{action.Name} has no act"),
    };

    private static Task ReconnectAsync(JobContext c, InstanceAction.Reconnect reconnect)
    {
        c.Server.EndReceiver(reconnect.Receiver);
        return Task.CompletedTask;
    }

    private static async Task HoldArbiterAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        if (await c.Arbiter.HoldAsync(o.Record!.Arbiter!, o.Record.PairEpoch!.Value, o.Pair, cancellation) is { } problem) throw new JobFailedException(problem.Reason, problem.Message, problem.Passes);
    }

    private static Task NoteLineageAsync(JobContext c, InstanceObservation o)
    {
        c.Memory.Remember(state => state with { Lineage = o.Record!.Lineage });
        return Task.CompletedTask;
    }

    private static Task AcceptDiscardAsync(JobContext c, InstanceAction.AcceptDiscard accept)
    {
        c.Memory.DiscardAccepted = accept.Consent;
        Log.DiscardConsented(c.Logger, accept.Consent.ToString());
        return Task.CompletedTask;
    }

    private static Task ExitAsync(JobContext c)
    {
        c.Memory.ExitRequested = true;
        return Task.CompletedTask;
    }
}
