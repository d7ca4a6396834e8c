using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>One row of the table: something is done to the database, and the writer sees what it sees.</summary>
public abstract class Fault
{
    /// <summary>How long to wait for writes to come back before the row is given up.</summary>
    public static readonly TimeSpan RecoveryDeadline = TimeSpan.FromSeconds(90);

    public abstract string Name { get; }

    /// <summary>How long writes may stand still; null: no bound is set.</summary>
    public virtual TimeSpan? Bound => null;

    /// <summary>Whether connections break, so that the row has happened once they are back.</summary>
    public virtual bool BreaksConnections => true;

    /// <returns>The time from which seconds without writes are counted.</returns>
    public abstract Task<long> InflictAsync(DemoStage stage, CancellationToken cancellation);

    /// <summary>When writes flow again: undo what is still broken.</summary>
    public virtual Task RepairAsync(DemoStage stage, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>All is as it should be after this row.</summary>
    public virtual Task SettledAsync(DemoStage stage, CancellationToken cancellation) => stage.SettledAsync(cancellation);

    /// <returns>Null where this loss is within what was said beforehand; nothing lost always is.</returns>
    public virtual string? UnexpectedLoss(ReadBack read) => read.Lost.Count == 0 ? null : $"{read.Lost.Count} acknowledged rows are lost";
}
