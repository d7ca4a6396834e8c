using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Machines;

/// <summary>Where a new connection to a Service goes.</summary>
/// <param name="Instance">The pod's name.</param>
/// <param name="Address">The pod's IP.</param>
public sealed record Endpoint(string Instance, string Address);

/// <summary>
/// Which pods stand behind each Service, as every machine's kube-proxy knows it: after a lag, and when it is cut off from the API as it was before. Connections that
/// stand are nothing of its: only new ones are routed.
/// </summary>
public sealed class ServiceRouting
{
    private static readonly TimeSpan CatchesUpEvery = TimeSpan.FromSeconds(5);

    private readonly ApiServer _api;
    private readonly Wires _wires;
    private readonly Chance _chance;
    private readonly SortedDictionary<string, Proxy> _proxies = new(StringComparer.Ordinal);
    private readonly Rounds _rounds;
    private Table _table = new(0, []);

    public ServiceRouting(ApiServer api, Wires wires, Chance chance)
    {
        (_api, _wires, _chance) = (api, wires, chance);
        _rounds = new Rounds(api.Events, chance, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10), Recompute);
        api.Changed += write =>
        {
            if ((write.New ?? write.Old) is V1Pod or V1Service) _rounds.Plan();
        };
        api.Restored += _rounds.Plan;
        api.Events.After(CatchesUpEvery, CatchUp);
    }

    /// <summary>From a change of the Service or of a pod to when new connections go by it.</summary>
    public (TimeSpan Least, TimeSpan Most) Lag { get; set; } = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150));

    /// <param name="place">Where the client is: a machine of this site, or through which one it comes in.</param>
    /// <returns>Any of those behind the Service; null: there is none (or no such Service), the connection is refused.</returns>
    public Endpoint? Route(string @namespace, string service, string place) => EndpointsOf(@namespace, service, place) is { Count: > 0 } endpoints ? _chance.OneOf(endpoints) : null;

    /// <summary>All behind the Service, as known at this place.</summary>
    public IReadOnlyList<Endpoint> EndpointsOf(string @namespace, string service, string place) => At(place).Table.Endpoints.GetValueOrDefault((@namespace, service)) ?? [];

    /// <summary>The machine there has lost its power: its proxy begins anew.</summary>
    internal void Reset(string place)
    {
        if (!_proxies.ContainsKey(place)) return;
        var proxy = _proxies[place] = new Proxy(place) { Table = new Table(0, []) };
        Push(proxy);
    }

    private Proxy At(string place)
    {
        if (!_proxies.TryGetValue(place, out var proxy)) _proxies[place] = proxy = new Proxy(place) { Table = _table };
        return proxy;
    }

    private void Recompute()
    {
        if (!_api.IsUp) return; // the round of its return sees all
        var endpoints = new Dictionary<(string, string), List<Endpoint>>();
        foreach (var service in _api.All<V1Service>()) endpoints[(service.Metadata.Namespace ?? "", service.Metadata.Name!)] = Behind(service);
        if (_table.IsSame(endpoints)) return;
        _table = new Table(_table.Number + 1, endpoints);
        foreach (var proxy in _proxies.Values) Push(proxy);
    }

    private List<Endpoint> Behind(V1Service service)
    {
        if (service.Spec?.Selector is not { Count: > 0 } selector) return [];
        return [.. _api.All<V1Pod>().Where(p => p.Metadata.Namespace == service.Metadata.Namespace && Matches(p, selector) && IsServing(p, service.Spec)).Select(p => new Endpoint(p.Metadata.Name!, p.Status!.PodIP!))];
    }

    private static bool Matches(V1Pod pod, Dictionary<string, string> selector)
    {
        foreach (var (key, value) in selector)
            if (pod.Metadata.Labels?.GetValueOrDefault(key) != value) return false;
        return true;
    }

    private static bool IsServing(V1Pod pod, V1ServiceSpec service) =>
        pod.Status is { PodIP.Length: > 0, Phase: not ("Failed" or "Succeeded") } status
        && (service.PublishNotReadyAddresses == true || (pod.Metadata.DeletionTimestamp is null && status.Conditions?.Exists(c => c is { Type: "Ready", Status: "True" }) == true));

    private void Push(Proxy proxy)
    {
        if (proxy.IsPlanned) return;
        proxy.IsPlanned = true;
        _api.Events.After(_chance.Between(Lag.Least, Lag.Most), () =>
        {
            proxy.IsPlanned = false;
            if (!_api.IsUp) return;
            var table = _table;
            _wires.Send(_api.Place, proxy.Place, () =>
            {
                if (table.Number > proxy.Table.Number) proxy.Table = table;
            });
        });
    }

    /// <summary>What was lost on the way is told again.</summary>
    private void CatchUp()
    {
        _api.Events.After(CatchesUpEvery, CatchUp);
        if (!_api.IsUp) return;
        Recompute();
        foreach (var proxy in _proxies.Values)
            if (proxy.Table.Number < _table.Number && _wires.IsOpen(_api.Place, proxy.Place)) Push(proxy);
    }

    private sealed class Proxy(string place)
    {
        public string Place => place;
        public required Table Table { get; set; }
        public bool IsPlanned { get; set; }
    }

    private sealed record Table(long Number, Dictionary<(string Namespace, string Service), List<Endpoint>> Endpoints)
    {
        public bool IsSame(Dictionary<(string Namespace, string Service), List<Endpoint>> others)
        {
            if (others.Count != Endpoints.Count) return false;
            foreach (var (key, endpoints) in others)
                if (!Endpoints.TryGetValue(key, out var present) || !present.SequenceEqual(endpoints)) return false;
            return true;
        }
    }
}
