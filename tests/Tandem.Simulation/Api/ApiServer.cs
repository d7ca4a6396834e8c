using System.Globalization;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Api;

/// <summary>
/// The API server of one site with its store: typed objects under one rising version, watches, finalizers, collection of garbage. Processes reach it by a
/// <see cref="SimulatedKubernetesClient"/> over the network; the harness and the rest of the modelled Kubernetes touch it directly (<see cref="Find{T}"/>, <see cref="Edit{T}"/> …).
/// </summary>
public sealed class ApiServer
{
    private readonly Dictionary<Type, IObjectStore> _stores = [];
    private readonly List<IObjectStore> _order = [];
    private readonly List<ServerConnection> _connections = [];
    private readonly GarbageCollector _collector;
    private int _serviceAddresses;

    static ApiServer() => KubernetesJson.Register(TandemJsonContext.Default);

    /// <param name="place">Its place in the network.</param>
    public ApiServer(string place, Events events, Wires wires, MachineClock clock, Chance chance)
    {
        (Place, Events, Wires, Clock, Chance) = (place, events, wires, clock, chance);
        _collector = new GarbageCollector(this, events, chance);
    }

    public string Place { get; }
    public Events Events { get; }
    public Wires Wires { get; }
    public MachineClock Clock { get; }
    public ApiFaults Faults { get; } = new();

    /// <summary>Of its type, how many changes a watch may lie behind before it has to list again; at most twice as many are kept.</summary>
    public int HistoryLength { get; set; } = 1000;

    public KubernetesVersion ServerVersion { get; set; } = new(1, 31);

    /// <summary>Types that it does not know (now): a bare 404 is the answer, as of a server that has not loaded its custom resources yet.</summary>
    public HashSet<Type> NotServed { get; } = [];

    public bool IsUp { get; private set; } = true;

    /// <summary>It is down in a way that nothing answers in its place: not even connections are refused.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Of the last write. Rises by every write, of whatever type; falls by a restored backup alone.</summary>
    public long Version { get; private set; } = 1000;

    /// <summary>How many writes have been committed.</summary>
    public long Commits { get; private set; }

    /// <summary>Raised at the instant of every committed write. Handlers may look at everything, and write nothing.</summary>
    public event Action<ApiWrite>? Changed;

    /// <summary>Raised when a backup has taken the place of what was here.</summary>
    public event Action? Restored;

    internal Chance Chance { get; }

    /// <summary>When the request was sent that is carried out at this instant; null: none is, a part of Kubernetes itself writes.</summary>
    internal TimeSpan? CarriedOut { get; set; }

    internal IReadOnlyList<IObjectStore> Stores => _order;

    /// <summary>Changes with every restart: what was in the works in an earlier life is lost.</summary>
    internal int Life { get; private set; }

    // ---- outside of the network: for the harness, for checkers, and for the parts of Kubernetes beside the server ----

    /// <summary>The object as it is stored: frozen, shared. Null: there is none.</summary>
    public T? Find<T>(string? @namespace, string name) where T : class, IKubernetesObject => Store<T>().Find(@namespace, name);

    /// <summary>All of a type, in the order of namespace and name, as one state.</summary>
    public IReadOnlyList<T> All<T>() where T : class, IKubernetesObject => Store<T>().All;

    /// <summary>Makes the object, or replaces what bears its name, status and all; versions and uid in <paramref name="value"/> do not matter.</summary>
    /// <returns>As it is stored.</returns>
    public T Put<T>(T value, string writer = "harness") where T : class, IKubernetesObject
    {
        var mine = Copies.Of(value);
        (mine.Metadata.ResourceVersion, mine.Metadata.Uid) = (null, null);
        var store = Store<T>();
        var reply = store.Find(mine.Metadata.Namespace, mine.Metadata.Name!) is null ? store.Create(mine, writer, isWhole: true) : store.Replace(mine, Subresource.Whole, writer);
        return reply.Value ?? throw new InvalidOperationException(reply.Message);
    }

    /// <summary>Changes a copy of the object and stores it, in one step.</summary>
    /// <param name="uid">Only if it is still this one.</param>
    /// <returns>Null where it is not there.</returns>
    public T? Edit<T>(string? @namespace, string name, Action<T> change, string writer = "harness", string? uid = null) where T : class, IKubernetesObject
    {
        if (Find<T>(@namespace, name) is not { } stored || (uid is not null && stored.Metadata.Uid != uid)) return null;
        var mine = Copies.Of(stored);
        change(mine);
        var reply = Store<T>().Replace(mine, Subresource.Whole, writer);
        return reply.Value ?? throw new InvalidOperationException(reply.Message);
    }

    /// <summary>As a user's delete, with all that follows: finalizers, grace period, garbage.</summary>
    public bool Delete<T>(string? @namespace, string name, DeleteOptions? options = null, string writer = "harness") where T : class, IKubernetesObject =>
        Store<T>().Delete(@namespace, name, options, writer).IsSuccess;

    // ---- faults that are acts; those that are states are in Faults ----

    /// <summary>It stops: requests in the works are lost, connections break, new ones are refused.</summary>
    /// <param name="silently">As with its machine's power: nobody is told, nothing answers.</param>
    public void GoDown(bool silently = false)
    {
        (IsUp, IsSilent) = (false, silently);
        Life++;
        foreach (var connection in _connections.ToList())
        {
            if (!silently) Wires.Send(Place, connection.Place, () => connection.Break("connection reset by peer"));
        }
        foreach (var watch in Watches()) watch.Abandon();
        if (Chance.Happens(0.5)) CompactHistory(); // what it kept for watches was in its memory, and not all of it is read again
    }

    public void ComeUp() => (IsUp, IsSilent) = (true, false);

    /// <summary>Ends this share of all watches that there are, as a server does that shuts down.</summary>
    public void DropWatches(double share = 1)
    {
        foreach (var watch in Watches().Where(_ => Chance.NextDouble() < share)) watch.Drop();
    }

    /// <summary>This share of all watches tells nothing any more, without an end, until <see cref="ReleaseWatches"/>.</summary>
    public void StallWatches(double share = 1)
    {
        foreach (var watch in Watches().Where(_ => Chance.NextDouble() < share)) watch.Stall();
    }

    public void ReleaseWatches()
    {
        foreach (var watch in Watches()) watch.Release();
    }

    /// <summary>Who has not heard of all there is now must list again.</summary>
    public void CompactHistory()
    {
        foreach (var store in _order) store.Compact();
    }

    public ApiBackup TakeBackup()
    {
        var saved = new Dictionary<Type, object>();
        foreach (var (type, store) in _stores) saved[type] = store.Save();
        return new ApiBackup(Version, Events.Now, saved);
    }

    /// <summary>
    /// All is as it was then: versions and uids too, so that versions are given out a second time. Every connection breaks. A client that goes on watching from a version
    /// that is not reached yet hears nothing before it is, as of the real server, unless <paramref name="marksCompacted"/> (etcdutl's --bump-revision --mark-compacted).
    /// </summary>
    public void RestoreBackup(ApiBackup backup, bool marksCompacted = false)
    {
        var bumped = marksCompacted ? Version + 1_000_000 : backup.Version;
        GoDown();
        Version = bumped;
        foreach (var (type, store) in _stores)
        {
            if (backup.Stores.TryGetValue(type, out var saved)) store.Load(saved);
            else store.Clear();
        }
        ComeUp();
        _collector.Plan();
        Restored?.Invoke();
    }

    // ---- the store's own ----

    internal ObjectStore<T> Store<T>() where T : class, IKubernetesObject
    {
        if (_stores.TryGetValue(typeof(T), out var known)) return (ObjectStore<T>)known;
        var store = new ObjectStore<T>(this);
        _stores[typeof(T)] = store;
        _order.Add(store);
        return store;
    }

    internal long NextVersion() => ++Version;

    internal string NewUid() => $"{Chance.NextHex(8)}-{Chance.NextHex(4)}-4{Chance.NextHex(4)[1..]}-a{Chance.NextHex(4)[1..]}-{Chance.NextHex(12)}";

    internal string NewServiceAddress()
    {
        var number = ++_serviceAddresses;
        return string.Create(CultureInfo.InvariantCulture, $"10.96.{number >> 8}.{number & 255}");
    }

    internal void Committed(string writer, IKubernetesObject? old, IKubernetesObject? @new, long version)
    {
        Commits++;
        _collector.Note(old, @new);
        Changed?.Invoke(new ApiWrite(this, writer, old, @new, version, CarriedOut ?? Events.Now));
    }

    internal void Add(ServerConnection connection) => _connections.Add(connection);

    internal void Remove(ServerConnection connection) => _connections.Remove(connection);

    private List<IWatchStream> Watches() => [.. _connections.SelectMany(c => c.Watches)];
}
