namespace Tandem.Agent.Configuration;

/// <summary>Where things lie in a pod.</summary>
/// <param name="Volume">Mount of the claim.</param>
/// <param name="Runtime">Memory-backed folder of this container's life.</param>
/// <param name="Tls">Mount of the instance's Secret.</param>
/// <param name="Application">Mount of the application's Secret; may be empty.</param>
/// <param name="Arbiter">Mount of the Secret with the way to the pair's arbiter; may be empty.</param>
public sealed record PodPaths(string Volume, string Runtime, string Tls, string Application, string Arbiter)
{
    public string Data => Path.Combine(Volume, "pgdata");
    public string AgentState => Path.Combine(Volume, "agent");
    public string Salvage => Path.Combine(Volume, "salvage");
    public string Socket => Path.Combine(Runtime, "socket");
    public string Temporary => Path.Combine(Runtime, "tmp");
    public string ServerCertificate => Path.Combine(Runtime, "tls", "server.crt");
    public string ServerKey => Path.Combine(Runtime, "tls", "server.key");
    public string Bundle => Path.Combine(Runtime, "tls", "bundle.crt");

    /// <summary>The key that primary_conninfo names: one copy per upstream's epoch, so that starving takes away the way to that one alone.</summary>
    public string Credential(string epoch) => Path.Combine(Runtime, "credentials", $"{string.Concat(epoch.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'))}.key");
}
