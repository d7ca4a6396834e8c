namespace Tandem.Simulation.Api;

/// <summary>What goes wrong at one API server now. All probabilities are per request, or per batch of a watch; a fault generator turns them up and down.</summary>
public sealed class ApiFaults
{
    /// <summary>Refused before anything is stored: 429, or 500 of a server that cannot reach its store.</summary>
    public double Refuses { get; set; }

    /// <summary>A write is stored, and its sender is told 500 or 504.</summary>
    public double AppliedButFails { get; set; }

    /// <summary>A write is stored, or a read done, and the answer is lost.</summary>
    public double LosesAnswers { get; set; }

    /// <summary>A write is stuck on its way and applied up to <see cref="LongestLateness"/> later, when its sender may long have given up.</summary>
    public double AppliesLate { get; set; }

    public TimeSpan LongestLateness { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A proxy sends it again: it is carried out twice, and the second answer goes nowhere.</summary>
    public double Duplicates { get; set; }

    /// <summary>The time that a request takes, times this. A request that takes longer than its client waits is given up by the server.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>How much later than the write a watch tells of it, at least and at most. A watch never changes the order.</summary>
    public (TimeSpan Least, TimeSpan Most) WatchLag { get; set; } = (TimeSpan.FromMilliseconds(0.5), TimeSpan.FromMilliseconds(8));

    /// <summary>A watch breaks off after a batch.</summary>
    public double DropsWatches { get; set; }

    /// <summary>A watch stays open and tells nothing any more, though pings are answered.</summary>
    public double StallsWatches { get; set; }

    /// <summary>A watch that is begun finds its history compacted.</summary>
    public double ExpiresWatches { get; set; }

    /// <summary>All is well again; what has been done stays done.</summary>
    public void Clear()
    {
        (Refuses, AppliedButFails, LosesAnswers, AppliesLate, Duplicates) = (0, 0, 0, 0, 0);
        (Slowness, DropsWatches, StallsWatches, ExpiresWatches) = (1, 0, 0, 0);
        WatchLag = (TimeSpan.FromMilliseconds(0.5), TimeSpan.FromMilliseconds(8));
    }
}
