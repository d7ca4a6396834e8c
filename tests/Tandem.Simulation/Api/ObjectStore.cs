using System.Globalization;
using System.Text.Json.Nodes;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>The objects of one type, their history, and who watches them.</summary>
internal interface IObjectStore
{
    IEnumerable<IKubernetesObject> Objects { get; }

    /// <summary>The collector's delete, as of this very object.</summary>
    void Collect(IKubernetesObject garbage);

    /// <summary>What is kept of history is forgotten.</summary>
    void Compact();

    object Save();
    void Load(object saved);
    void Clear();
}

/// <inheritdoc cref="IObjectStore"/>
internal sealed partial class ObjectStore<T>(ApiServer server) : IObjectStore where T : class, IKubernetesObject
{
    private static readonly Comparer<(string Namespace, string Name)> Order = Comparer<(string Namespace, string Name)>.Create((a, b) =>
        string.CompareOrdinal(a.Namespace, b.Namespace) is not 0 and var first ? first : string.CompareOrdinal(a.Name, b.Name));

    private readonly SortedDictionary<(string Namespace, string Name), T> _objects = new(Order);
    private readonly SortedDictionary<(string Namespace, string Name), Dictionary<string, JsonObject>> _applied = new(Order);
    private readonly List<Change<T>> _history = [];
    private readonly List<WatchStream<T>> _watches = [];
    private long _compacted;
    private IReadOnlyList<T>? _list;

    public IEnumerable<IKubernetesObject> Objects => All;

    /// <summary>In the order of their names, as one state: it does not change under who reads it.</summary>
    public IReadOnlyList<T> All => _list ??= [.. _objects.Values];

    public T? Find(string? @namespace, string name) => _objects.GetValueOrDefault(Key(@namespace, name));

    public ApiReply<T> Get(string? @namespace, string name) => Find(@namespace, name) is { } found ? ApiReply<T>.Of(found) : NotFound(name);

    public ApiReply<KubernetesList<T>> List(Selector selector) =>
        ApiReply<KubernetesList<T>>.Of(new KubernetesList<T>([.. All.Where(o => selector.Matches(o.Metadata))], Text(server.Version)));

    // ---- watches ----

    /// <returns>What has happened since, to tell first; null where that is not known any more.</returns>
    public IEnumerable<WatchEvent<T>>? Begin(WatchStream<T> watch, long from)
    {
        if (from < _compacted) return null;
        _watches.Add(watch);
        var first = _history.Count;
        while (first > 0 && _history[first - 1].Version > from) first--;
        return _history.Skip(first).Select(c => c.As(watch.Selector)).OfType<WatchEvent<T>>();
    }

    public bool IsCompacted(long from) => from < _compacted;

    public void End(WatchStream<T> watch) => _watches.Remove(watch);

    public void Compact()
    {
        _history.Clear();
        _compacted = server.Version;
    }

    // ---- commits ----

    /// <summary>The one place where anything changes.</summary>
    /// <param name="next">From now on frozen; its version is set here. Null: removes <paramref name="old"/>.</param>
    private T Commit(T? old, T? next, string writer)
    {
        var version = server.NextVersion();
        var stored = next ?? LastState(old!);
        stored.Metadata.ResourceVersion = Text(version);
        var key = Key(stored.Metadata.Namespace, stored.Metadata.Name!);
        if (next is null)
        {
            _objects.Remove(key);
            _applied.Remove(key);
        }
        else
        {
            _objects[key] = stored;
        }
        _list = null;
        var change = new Change<T>(version, old, stored, next is null);
        Remember(change);
        for (var i = 0; i < _watches.Count; i++) _watches[i].Offer(change);
        server.Committed(writer, old, next, version);
        return stored;
    }

    /// <summary>The removal has a version of its own.</summary>
    private static T LastState(T old)
    {
        var last = Copies.Shallow(old);
        last.Metadata = Copies.Shallow(old.Metadata);
        return last;
    }

    private void Remember(Change<T> change)
    {
        _history.Add(change);
        if (_history.Count < 2 * server.HistoryLength) return;
        _compacted = _history[server.HistoryLength - 1].Version;
        _history.RemoveRange(0, server.HistoryLength);
    }

    // ---- backups ----

    public object Save() => new Saved([.. _objects], [.. _applied.Select(a => KeyValuePair.Create(a.Key, new Dictionary<string, JsonObject>(a.Value)))]);

    public void Load(object saved)
    {
        Clear();
        var (objects, applied) = (Saved)saved;
        foreach (var (key, value) in objects) _objects[key] = value;
        foreach (var (key, managers) in applied) _applied[key] = new Dictionary<string, JsonObject>(managers);
    }

    public void Clear()
    {
        _objects.Clear();
        _applied.Clear();
        _list = null;
        Compact();
    }

    private sealed record Saved(List<KeyValuePair<(string, string), T>> Objects, List<KeyValuePair<(string, string), Dictionary<string, JsonObject>>> Applied);

    private static (string, string) Key(string? @namespace, string name) => (@namespace ?? "", name);

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static ApiReply<T> NotFound(string name) => ApiReply<T>.NotFound($"{typeof(T).Name} \"{name}\"");
}
