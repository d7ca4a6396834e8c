using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;

namespace Tandem.Operator.Clusters.Deciding;

/// <summary>One thing to do, and why. A closed set: switch over it. Each is idempotent.</summary>
/// <param name="Reason">One CamelCase word; of Events.</param>
/// <param name="Message">One sentence.</param>
public abstract record ClusterAction(string Reason, string Message)
{
    /// <summary>Server-side apply of the fields that the operator owns.</summary>
    /// <param name="IsCheck">The same was sent before; somebody has written the object since, perhaps to fields of their own: an apply that changes nothing is the check.</param>
    public sealed record Apply(DesiredObject Object, bool IsCheck, string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>
    /// Makes the cluster the owner of the record's Lease, so that deleting the cluster deletes the record too: metadata alone, by swap on exactly this version.
    /// </summary>
    public sealed record AdoptRecord(string ResourceVersion, string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Draws the cluster's authority. Only by create: one that is there is never replaced by accident.</summary>
    public sealed record FoundAuthority(string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Draws an authority in place of one that has expired.</summary>
    public sealed record ReplaceAuthority(string Reason, string Message) : ClusterAction(Reason, Message);

    public sealed record IssueInstanceCertificate(string Instance, string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Same certificate, other bundle: the other site's authority is another one.</summary>
    public sealed record RewriteBundle(string Instance, string Reason, string Message) : ClusterAction(Reason, Message);

    public sealed record IssueOperatorCertificate(string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Draws the application's password. Only by create.</summary>
    public sealed record FoundApplicationSecret(string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Only by create: a pod of that name that is there is never replaced.</summary>
    public sealed record CreatePod(V1Pod Pod, string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Deletes exactly this pod (by UID), with its grace period.</summary>
    public sealed record DeletePod(string Pod, string Uid, string Reason, string Message) : ClusterAction(Reason, Message);

    /// <summary>Asks the agents for a planned switchover, by annotation; acts only in that epoch.</summary>
    public sealed record RequestSwitchover(string Id, string To, long FromEpoch, string Reason, string Message) : ClusterAction(Reason, Message);
}
