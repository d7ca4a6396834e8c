namespace Tandem.Kubernetes.LeaderElection;

public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    /// <summary>Of the Lease.</summary>
    public required string Name { get; init; }

    /// <summary>Of this process, and of no other, nor of the one before it in the same pod.</summary>
    public required string Identity { get; init; }

    /// <summary>A leader that others have not seen change its lease for so long has lost it.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for so long stops by itself; well below <see cref="LeaseDuration"/>.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two attempts, and up to a fifth more.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}
