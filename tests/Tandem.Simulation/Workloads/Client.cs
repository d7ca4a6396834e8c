using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Network;
using Tandem.Simulation.Postgres;

namespace Tandem.Simulation.Workloads;

/// <summary>What clients of a simulation share.</summary>
/// <param name="Route">The address behind a Service, as a new connection from this place finds it; null: nobody.</param>
public sealed record ClientWorld(Events Events, Wires Wires, Addresses Addresses, Trace Trace, ulong Seed, IClientWitness Witness, Func<string, string, string?> Route);

public interface IClientWitness
{
    /// <summary>A row that nobody has written yet, and how its writer wants it.</summary>
    int NextRow(CommitMode mode);

    void WasRead(Server server, IReadOnlyList<int> rows);
}

/// <summary>An application: it connects through a Service, writes and reads, and connects again when the connection is gone.</summary>
public sealed class Client
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private readonly ClientWorld _world;
    private readonly Machine _machine;
    private readonly string _service;
    private readonly SimulatedProcess _process;
    private readonly Chance _chance;

    public Client(ClientWorld world, string name, Machine machine, string service)
    {
        (_world, _machine, _service) = (world, machine, service);
        _chance = Chance.Of(world.Seed, name);
        _process = new SimulatedProcess(name, world.Events, machine.Clock, _chance, world.Trace);
        _process.Run(() => _ = RunAsync());
    }

    public string Name => _process.Name;

    /// <summary>Wall of the world at which a commit of its own was last acknowledged; null: never.</summary>
    public TimeSpan? CommittedAt { get; private set; }

    /// <summary>Does as well as it can, so that what it meets is the system's doing: for the end, when all faults are over.</summary>
    public bool IsSteady { get; set; }

    private async Task RunAsync()
    {
        while (true)
        {
            await Task.Delay(_chance.Milliseconds(20, 250), _process.Time);
            if (await ConnectAsync() is not { } connection) continue;
            var left = IsSteady ? 40 : _chance.Next(1, 60);
            while (left-- > 0 && !connection.IsOver)
            {
                if (!await WorkAsync(connection)) break;
                await Task.Delay(_chance.LongTailed(TimeSpan.FromMilliseconds(25), TimeSpan.FromSeconds(1)), _process.Time);
            }
            connection.Leave();
        }
    }

    private async Task<bool> WorkAsync(Connection connection)
    {
        var kind = _chance.NextDouble();
        if (kind < 0.25)
        {
            var rows = await AskAsync<IReadOnlyList<int>>(connection, (server, answer) => answer(server.Accepts ? [.. server.Sessions.Read(12)] : null));
            if (rows is null) return false;
            _world.Witness.WasRead(connection.Server, rows);
            return true;
        }
        var mode = kind < 0.9 || IsSteady ? CommitMode.Synchronous : kind < 0.97 ? CommitMode.Local : CommitMode.Off;
        var row = _world.Witness.NextRow(mode);
        var outcome = await AskAsync<Answer>(connection, (server, answer) => server.Sessions.Commit(connection.Session!, row, mode, o => answer(new Answer(o))));
        if (outcome is not { Outcome: CommitOutcome.Committed }) return false;
        if (mode == CommitMode.Synchronous) CommittedAt = _world.Events.Now;
        return true;
    }

    private sealed record Answer(CommitOutcome Outcome);

    private async Task<Connection?> ConnectAsync()
    {
        if (_world.Route(_service, _machine.Name) is not { } address || _world.Addresses.Find(address, _machine.Name) is not { Server: { } server } found) return null;
        var connection = new Connection(this, server, found.Place);
        var accepted = await AskAsync<Session>(connection, (s, answer) =>
        {
            if (s.Sessions?.WhyNot() is not null || s.Sessions is null)
            {
                answer(null);
                return;
            }
            answer(s.Sessions.Open(why => _world.Wires.Send(found.Place, _machine.Name, () => _process.Run(connection.Break))));
        });
        if (accepted is null) return null;
        connection.Session = accepted;
        return connection;
    }

    /// <summary>Null: refused, or the connection broke, or it took too long.</summary>
    private async Task<T?> AskAsync<T>(Connection connection, Action<Server, Action<T?>> ask) where T : class
    {
        var outcome = new TaskCompletionSource<T?>();
        connection.Broken = () => outcome.TrySetResult(null);
        void Answer(T? value) => _world.Wires.Send(connection.Place, _machine.Name, () => outcome.TrySetResult(value));
        _world.Wires.Send(_machine.Name, connection.Place, () =>
        {
            if (connection.Server.IsDead) Answer(null);
            else connection.Server.Process.Run(() => ask(connection.Server, Answer));
        });
        try
        {
            return await outcome.Task.WaitAsync(Patience, _process.Time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private sealed class Connection(Client client, Server server, string place)
    {
        public Server Server => server;
        public string Place => place;
        public Session? Session { get; set; }
        public bool IsOver { get; private set; }
        public Action? Broken { get; set; }

        public void Break()
        {
            IsOver = true;
            Broken?.Invoke();
        }

        public void Leave()
        {
            IsOver = true;
            client._world.Wires.Send(client._machine.Name, place, () => server.Process.Run(() =>
            {
                if (Session is { IsOver: false } session) server.Sessions.Leave(session);
            }));
        }
    }
}
