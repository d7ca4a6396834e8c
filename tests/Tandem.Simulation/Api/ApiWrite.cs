using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>One committed write, told at the instant at which it is committed. The objects are frozen: look, do not touch.</summary>
/// <param name="Writer">Name of the process that sent it, or of the part of Kubernetes that did it.</param>
/// <param name="Old">Null: it was made.</param>
/// <param name="New">Null: it is gone.</param>
/// <param name="SentAt">When its writer sent it: what is applied late says what was known then.</param>
public sealed record ApiWrite(ApiServer Server, string Writer, IKubernetesObject? Old, IKubernetesObject? New, long Version, TimeSpan SentAt);
