using System.Net;
using Tandem.Sandbox.Certificates;

namespace Tandem.Sandbox.ControlPlane;

/// <param name="ServiceRange">Addresses of Services, as CIDR.</param>
/// <param name="ServiceAddress">The first of them: the Service `kubernetes`.</param>
public sealed record ApiServerEndpoint(IPAddress Address, int Port, int EtcdPort, string ServiceRange, IPAddress ServiceAddress)
{
    public string Url => $"https://{Address}:{Port}";
}

/// <summary>Command line of kube-apiserver: RBAC, client certificates, service account tokens. The same for every version from 1.20 on.</summary>
public static class ApiServerCommand
{
    public static string[] Of(KubernetesPrograms programs, ApiServerEndpoint endpoint, CertificateAuthority authority, params string[] more)
    {
        var server = authority.Server("apiserver", "kube-apiserver", [endpoint.Address, endpoint.ServiceAddress, IPAddress.Loopback],
            ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]);
        var kubelets = authority.User("apiserver-kubelet-client", "kube-apiserver", "system:masters");
        return
        [
            programs["kube-apiserver"],
            $"--etcd-servers=http://127.0.0.1:{endpoint.EtcdPort}",
            $"--bind-address={endpoint.Address}",
            $"--advertise-address={endpoint.Address}",
            $"--secure-port={endpoint.Port}",
            $"--service-cluster-ip-range={endpoint.ServiceRange}",
            $"--tls-cert-file={server.CertificatePath}",
            $"--tls-private-key-file={server.KeyPath}",
            $"--client-ca-file={authority.CertificatePath}",
            "--authorization-mode=Node,RBAC",
            $"--service-account-key-file={authority.ServiceAccountKeyPath}",
            $"--service-account-signing-key-file={authority.ServiceAccountKeyPath}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--api-audiences=https://kubernetes.default.svc",
            $"--kubelet-client-certificate={kubelets.CertificatePath}",
            $"--kubelet-client-key={kubelets.KeyPath}",
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged=true",
            "--profiling=false",
            .. more,
        ];
    }
}
