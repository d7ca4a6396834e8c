using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Watching;

/// <summary>
/// All objects of a type as they were a moment ago, by namespace and name; kept by a <see cref="ResourceWatcher{T}"/>. Reading costs nothing, and may be stale: decide on
/// it, and write by a swap on the version that was read. The objects are shared: never change one, change a clone (<see cref="Serialization.KubernetesJson.Clone{T}"/>).
/// </summary>
public sealed class ResourceCache<T> where T : class, IKubernetesObject
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceKey, T> _objects = [];
    private readonly Dictionary<string, HashSet<ResourceKey>> _namespaces = [];
    private readonly List<ChannelWriter<ResourceChange<T>>> _readers = [];
    private readonly List<TaskCompletionSource> _waitingForWarmth = [];
    private volatile bool _isWarm;

    /// <summary>After every change, on the watcher's own thread: be quick, and never throw.</summary>
    public event Action<ResourceChange<T>>? Changed;

    /// <summary>The first list has been read to its end.</summary>
    public bool IsWarm => _isWarm;

    /// <summary>A promise for each who waits: one for all and <c>WaitAsync</c> would go by way of another thread.</summary>
    public async Task WaitWarmAsync(CancellationToken cancellation)
    {
        var warm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isWarm) return;
            _waitingForWarmth.Add(warm);
        }
        using var registration = cancellation.Register(() => warm.TrySetCanceled(cancellation));
        await warm.Task;
    }

    public int Count
    {
        get { lock (_gate) return _objects.Count; }
    }

    public T? Get(string? @namespace, string name) => Get(new ResourceKey(@namespace, name));

    public T? Get(ResourceKey key)
    {
        lock (_gate) return _objects.GetValueOrDefault(key);
    }

    /// <summary>Those of one namespace, or of all, in the order of their names.</summary>
    public IReadOnlyList<T> List(string? @namespace = null)
    {
        lock (_gate)
        {
            var found = @namespace is null ? _objects.Values : _namespaces.GetValueOrDefault(@namespace, []).Select(key => _objects[key]);
            return [.. found.OrderBy(o => o.Metadata.Namespace, StringComparer.Ordinal).ThenBy(o => o.Metadata.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>What is there now, as <see cref="ResourceChange{T}.Added"/>, and then every change, each once and in order.</summary>
    public async IAsyncEnumerable<ResourceChange<T>> ChangesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var channel = Channel.CreateUnbounded<ResourceChange<T>>(new UnboundedChannelOptions { SingleReader = true });
        lock (_gate)
        {
            foreach (var value in List()) channel.Writer.TryWrite(new ResourceChange<T>.Added(value));
            _readers.Add(channel.Writer);
        }
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellation)) // not ReadAllAsync: that goes on another thread
            {
                while (channel.Reader.TryRead(out var change)) yield return change;
            }
        }
        finally
        {
            lock (_gate) _readers.Remove(channel.Writer);
        }
    }

    /// <summary>A whole list took the place of what was here; what is missing from it is gone.</summary>
    internal void Replace(KubernetesList<T> list)
    {
        List<ResourceChange<T>> changes = [];
        lock (_gate)
        {
            var present = new HashSet<ResourceKey>();
            foreach (var value in list.Items)
            {
                present.Add(ResourceKey.Of(value));
                Put(value, isFromList: true, changes);
            }
            foreach (var unreadable in list.Unreadable) present.Add(new ResourceKey(unreadable.Namespace, unreadable.Name));
            foreach (var vanished in _objects.Keys.Where(key => !present.Contains(key)).ToList()) Remove(vanished, isTombstone: true, changes);
            Publish(changes);
        }
        Raise(changes);
        Warm();
    }

    private void Warm()
    {
        lock (_gate)
        {
            _isWarm = true;
            foreach (var warm in _waitingForWarmth) warm.TrySetResult();
            _waitingForWarmth.Clear();
        }
    }

    internal void Apply(WatchEvent<T> @event)
    {
        List<ResourceChange<T>> changes = [];
        lock (_gate)
        {
            if (@event.Type == WatchEventType.Deleted)
            {
                // The event bears the last state; listeners hear of that.
                var key = ResourceKey.Of(@event.Value);
                if (_objects.ContainsKey(key)) _objects[key] = @event.Value;
                Remove(key, isTombstone: false, changes);
            }
            else
            {
                Put(@event.Value, isFromList: false, changes);
            }
            Publish(changes);
        }
        Raise(changes);
    }

    private void Put(T value, bool isFromList, List<ResourceChange<T>> changes)
    {
        var key = ResourceKey.Of(value);
        if (_objects.TryGetValue(key, out var old))
        {
            if (old.Metadata.ResourceVersion == value.Metadata.ResourceVersion) return;
            if (old.Metadata.Uid == value.Metadata.Uid)
            {
                _objects[key] = value;
                changes.Add(new ResourceChange<T>.Modified(old, value, isFromList));
                return;
            }
            Remove(key, isTombstone: isFromList, changes); // another object under the same name: the old one's end went unseen
        }
        _objects[key] = value;
        if (key.Namespace is { } @namespace) Index(@namespace).Add(key);
        changes.Add(new ResourceChange<T>.Added(value));
    }

    private void Remove(ResourceKey key, bool isTombstone, List<ResourceChange<T>> changes)
    {
        if (!_objects.Remove(key, out var old)) return;
        if (key.Namespace is { } @namespace && Index(@namespace) is var index && index.Remove(key) && index.Count == 0) _namespaces.Remove(@namespace);
        changes.Add(new ResourceChange<T>.Deleted(old, isTombstone));
    }

    private HashSet<ResourceKey> Index(string @namespace)
    {
        if (!_namespaces.TryGetValue(@namespace, out var keys)) _namespaces[@namespace] = keys = [];
        return keys;
    }

    private void Publish(List<ResourceChange<T>> changes)
    {
        foreach (var change in changes)
        {
            foreach (var reader in _readers) reader.TryWrite(change);
        }
    }

    private void Raise(List<ResourceChange<T>> changes)
    {
        foreach (var change in changes) Changed?.Invoke(change);
    }
}
