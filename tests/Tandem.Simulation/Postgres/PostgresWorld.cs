using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Postgres;

/// <summary>What all servers of a simulation share.</summary>
/// <param name="PublishesLate">As servers before the minor releases of spring 2025: after a start commits wait for nobody until the checkpointer has said that they do.</param>
public sealed record PostgresWorld(Events Events, Wires Wires, Addresses Addresses, IServerWitness Witness, Trace Trace, ulong Seed, bool PublishesLate)
{
    /// <summary>So much later than usual a checkpointer comes to read its settings.</summary>
    public TimeSpan CheckpointersLate { get; set; }
}

/// <summary>Sees what servers do at the instant at which they do it.</summary>
public interface IServerWitness
{
    /// <summary>It takes writes from now on.</summary>
    void Opened(Server server);

    /// <summary>A client was told that its row is committed, as synchronously as the server's setting has it.</summary>
    void Acknowledged(Server server, int row);

    /// <summary>Somebody who may come in from outside now could be told so, or no more.</summary>
    void Changed(Server server);

    /// <summary>It streams from another one.</summary>
    void Streams(Server server);
}

/// <summary>Who answers at an address: where it is in the network, and which server listens there now.</summary>
/// <param name="Server">Null: nobody listens; the connection is refused.</param>
public sealed record Destination(string Place, Server? Server);

/// <summary>Addresses of pods, and names that lead to one of several.</summary>
public sealed class Addresses
{
    private readonly Dictionary<string, Func<string, Destination?>> _hosts = new(StringComparer.Ordinal);

    /// <param name="destination">From the place of the caller; null: there is no such host any more, and nobody answers.</param>
    public void Set(string host, Func<string, Destination?> destination) => _hosts[host] = destination;

    public void Remove(string host) => _hosts.Remove(host);

    public Destination? Find(string host, string from) => _hosts.TryGetValue(host, out var destination) ? destination(from) : null;
}
