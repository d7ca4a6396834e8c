using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What a pod's status says, in the words that decisions use.</summary>
public static class PodFacts
{
    /// <summary>Past its grace period by so much: the node's kubelet does not confirm the end.</summary>
    public static readonly TimeSpan ConfirmationOverdue = TimeSpan.FromSeconds(30);

    public static bool IsTerminating(V1Pod pod) => pod.Metadata.DeletionTimestamp is not null;

    /// <summary>deletionTimestamp is when the grace period ends, not when it began.</summary>
    public static bool IsStuckTerminating(V1Pod pod, DateTimeOffset now) => pod.Metadata.DeletionTimestamp is { } end && now > end + ConfirmationOverdue;

    /// <summary>It has ended for good (evicted, node shut down ...): its containers will not be started again.</summary>
    public static bool IsFinished(V1Pod pod) => pod.Status?.Phase is "Failed" or "Succeeded";

    public static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    /// <summary>As far as the kubelet has told, the database container runs.</summary>
    public static bool IsRunning(V1Pod pod) => Database(pod)?.State?.Running is not null;

    public static string? Template(V1Pod pod) => pod.Metadata.Annotations?.GetValueOrDefault(PodBuilder.TemplateAnnotation);

    public static int Restarts(V1Pod pod) => Database(pod)?.RestartCount ?? 0;

    /// <summary>Why the database container does not run, and the kubelet's or scheduler's own sentence; null: it runs.</summary>
    public static (string Reason, string Message)? WhyNotRunning(V1Pod pod)
    {
        if (IsFinished(pod)) return (pod.Status!.Reason ?? pod.Status.Phase!, pod.Status.Message ?? $"the pod has {pod.Status.Phase!.ToLowerInvariant()}");
        if (IsRunning(pod)) return null;
        if (pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" }) is { } unscheduled) return (unscheduled.Reason ?? "Unscheduled", unscheduled.Message ?? "no node takes the pod");
        var statuses = (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []);
        var waiting = statuses.FirstOrDefault(c => c.State?.Waiting?.Reason is not null and not "PodInitializing" and not "ContainerCreating");
        if (waiting is not null) return (Word(waiting.State!.Waiting!.Reason!), $"{Blame(pod, waiting)}: {waiting.State.Waiting.Message ?? waiting.State.Waiting.Reason}{LastWords(waiting)}");
        var ended = statuses.FirstOrDefault(c => c.State?.Terminated is { ExitCode: not 0 });
        if (ended is not null) return (CrashLooping, $"container {ended.Name} ended with {ended.State!.Terminated!.ExitCode}");
        return ("Starting", pod.Spec?.NodeName is { } node ? $"the pod is being started on {node}" : "the pod waits for a node");
    }

    /// <summary>Reasons of the kubelet that nothing but a change of the spec, or of the world, ends.</summary>
    public static bool IsFailing(V1Pod pod) => WhyNotRunning(pod)?.Reason is { } reason
        && (reason.Contains("Err", StringComparison.Ordinal) || reason is ImageNotPulled or CrashLooping or "InvalidImageName" or "Unschedulable");

    private const string ImageNotPulled = nameof(ImageNotPulled);
    private const string CrashLooping = nameof(CrashLooping);

    /// <summary>The kubelet goes to and fro between the failure and the pause after it; for who reads it, it is one state.</summary>
    private static string Word(string reason) => reason switch
    {
        "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" => ImageNotPulled,
        "CrashLoopBackOff" => CrashLooping,
        _ => reason,
    };

    /// <summary>The field that a person would look at: of the database's image it is theirs, of the agent's the operator's own.</summary>
    private static string Blame(V1Pod pod, V1ContainerStatus container) => Word(container.State!.Waiting!.Reason!) is not (ImageNotPulled or "InvalidImageName") ? $"container {container.Name}"
        : container.Name == Names.PostgresContainer ? $"spec.image: {pod.Spec?.Containers.FirstOrDefault(c => c.Name == container.Name)?.Image}"
        : $"the operator's --agent-image: {pod.Spec?.InitContainers?.FirstOrDefault(c => c.Name == container.Name)?.Image}";

    private static V1ContainerStatus? Database(V1Pod pod) => pod.Status?.ContainerStatuses?.FirstOrDefault(c => c.Name == Names.PostgresContainer);

    private static string LastWords(V1ContainerStatus container) => container.LastState?.Terminated is { } last ? $" (it ended with {last.ExitCode}{(last.Message is { Length: > 0 } words ? ": " + words.Trim() : "")})" : "";
}
