namespace Tandem.Sandbox.Demo.Writing;

/// <summary>A row of which the writer was told that it is committed.</summary>
/// <param name="At">Timestamp of <see cref="TimeProvider.System"/> at which the acknowledgement came.</param>
/// <param name="LogPosition">Where the server's log stood when the row was written.</param>
public readonly record struct Acknowledged(long Number, long At, ulong LogPosition);
