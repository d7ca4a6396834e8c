using System.Text;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>
/// The network: every node and every control plane is a namespace behind a pair of links, and the machine routes between them,
/// packet by packet. So each packet between two of them passes the machine's own iptables, where <see cref="Faults.NetworkFaults"/> drops it
/// unseen by both ends, as a cut cable would.
/// </summary>
public static class SiteNetwork
{
    public const string NamespacePrefix = "tandem-";
    public const string LinkPrefix = "td-";

    /// <summary>Bears the machine's own address; a bridge without ports, because not every kernel has dummy links.</summary>
    private const string HostLink = "tandem0";

    private const string ForwardChain = "TANDEM-FORWARD";

    // Fixed on both ends, so that neighbours are known for ever: a cut never shows as a failed address resolution first.
    private const string OuterMac = "ee:ee:ee:ee:ee:ee";
    private const string InnerMac = "ee:ee:ee:ee:ee:01";

    public static Task MakeHostAsync(CancellationToken cancellation) => RunAsync($"""
        ip link show {HostLink} >/dev/null 2>&1 || ip link add name {HostLink} type bridge
        ip address replace {SiteAddresses.Host}/32 dev {HostLink}
        ip link set {HostLink} up
        echo 1 >/proc/sys/net/ipv4/ip_forward
        if ! iptables -w 10 -n -L {ForwardChain} >/dev/null 2>&1; then
            iptables -w 10 -N {ForwardChain}
            iptables -w 10 -A {ForwardChain} -s {SiteAddresses.All} -d {SiteAddresses.All} -j ACCEPT
            iptables -w 10 -A {ForwardChain} -s {SiteAddresses.All} -j REJECT
        fi
        iptables -w 10 -C FORWARD -j {ForwardChain} 2>/dev/null || iptables -w 10 -I FORWARD -j {ForwardChain}
        """, cancellation);

    /// <summary>Makes the control plane's namespace anew.</summary>
    public static Task MakeAsync(Site site, CancellationToken cancellation) =>
        MakeAsync(site.NetworkNamespace, site.Link, site.Addresses.ControlPlane, null, cancellation);

    /// <summary>Makes the node's namespace anew: nothing is left of connections or rules that an earlier life had.</summary>
    public static Task MakeAsync(SiteNode node, CancellationToken cancellation) =>
        MakeAsync(node.NetworkNamespace, node.Link, node.Address, node.PodRange, cancellation);

    private static Task MakeAsync(string name, string link, string address, string? pods, CancellationToken cancellation)
    {
        var inside = $"nsenter --net=/run/netns/{name}";
        var script = new StringBuilder($"""
            ip link delete {link} 2>/dev/null || true
            ip netns delete {name} 2>/dev/null || true
            ip netns add {name}
            ip link add name {link} address {OuterMac} type veth peer name eth0 address {InnerMac} netns {name}
            ip link set {link} up
            {inside} ip link set lo up
            {inside} ip address add {address}/32 dev eth0
            {inside} ip link set eth0 up
            {inside} ip neighbour replace {SiteAddresses.Gateway} lladdr {OuterMac} dev eth0 nud permanent
            {inside} ip route add default via {SiteAddresses.Gateway} dev eth0 onlink src {address}
            {inside} sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
            ip neighbour replace {address} lladdr {InnerMac} dev {link} nud permanent
            ip route replace {address}/32 dev {link} src {SiteAddresses.Host}

            """);
        if (pods is not null)
            script.AppendLine($"""
                ip route replace {pods} via {address} dev {link} onlink src {SiteAddresses.Host}
                # What is sent to a pod that is gone falls silent here, instead of going round between the machine and the node.
                {inside} ip route add blackhole {pods}
                """);
        return RunAsync(script.ToString(), cancellation);
    }

    /// <summary>Removes every namespace, link and rule of ours.</summary>
    public static Task RemoveAllAsync(CancellationToken cancellation) => RunAsync($$"""
        for name in $(ip netns list | awk '$1 ~ /^{{NamespacePrefix}}/ { print $1 }'); do ip netns delete "$name"; done
        for link in $(ip -o link show | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }' | grep '^{{LinkPrefix}}' || true); do ip link delete "$link" 2>/dev/null || true; done
        ip link delete {{HostLink}} 2>/dev/null || true
        iptables -w 10 -D FORWARD -j {{ForwardChain}} 2>/dev/null || true
        iptables -w 10 -F {{ForwardChain}} 2>/dev/null || true
        iptables -w 10 -X {{ForwardChain}} 2>/dev/null || true
        """, cancellation);

    private static Task RunAsync(string script, CancellationToken cancellation) => Command.RunAsync(["/bin/sh", "-ec", script], cancellation);
}
