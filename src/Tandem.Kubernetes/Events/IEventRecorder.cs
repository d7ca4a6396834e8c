using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Events;

/// <summary>Tells people what happened to an object (<c>kubectl describe</c>, <c>kubectl get events</c>). Returns at once, and never throws.</summary>
public interface IEventRecorder
{
    /// <param name="reason">CamelCase, one of few: machines count them.</param>
    /// <param name="message">A sentence.</param>
    void Normal(IKubernetesObject regarding, string reason, string message);

    /// <inheritdoc cref="Normal"/>
    void Warning(IKubernetesObject regarding, string reason, string message);
}
