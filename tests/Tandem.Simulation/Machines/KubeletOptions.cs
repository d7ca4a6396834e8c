namespace Tandem.Simulation.Machines;

/// <summary>How quick kubelets are; as a fault generator likes, also in the middle of a run.</summary>
public sealed class KubeletOptions
{
    /// <summary>From the pod's coming to its container's start: volumes, network, init container.</summary>
    public (TimeSpan Least, TimeSpan Most) Start { get; set; } = (TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1500));

    /// <summary>From a container's end to when it is noticed.</summary>
    public (TimeSpan Least, TimeSpan Most) NoticesEnd { get; set; } = (TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(1000));

    /// <summary>A container's restart in place: the first at once, each further one after twice as long.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(1);
    public TimeSpan LongestBackoff { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A container that ran for so long begins its back-off anew.</summary>
    public TimeSpan ForgivenAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>From power to when the kubelet looks for its pods.</summary>
    public (TimeSpan Least, TimeSpan Most) Boot { get; set; } = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));

    /// <summary>How often it looks at the API by itself; it is told of changes too.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(5);

    public TimeSpan ProbePeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>So many failures in a row make a ready container unready.</summary>
    public int ReadinessFailures { get; set; } = 2;

    /// <summary>So many in a row, and it is killed.</summary>
    public int LivenessFailures { get; set; } = 60;
}
