namespace Tandem.Sandbox.ControlPlane;

/// <summary>Command line of etcd. It does not sync its files: a sandbox survives the end of its processes, not of its machine.</summary>
public static class EtcdCommand
{
    public static string[] Of(KubernetesPrograms programs, string folder, int clientPort, int peerPort) =>
    [
        programs.EtcdPath,
        "--name=etcd",
        $"--data-dir={folder}",
        $"--listen-client-urls=http://127.0.0.1:{clientPort}",
        $"--advertise-client-urls=http://127.0.0.1:{clientPort}",
        $"--listen-peer-urls=http://127.0.0.1:{peerPort}",
        $"--initial-advertise-peer-urls=http://127.0.0.1:{peerPort}",
        $"--initial-cluster=etcd=http://127.0.0.1:{peerPort}",
        "--unsafe-no-fsync=true",
        "--auto-compaction-retention=10m",
        "--logger=zap",
        "--log-level=warn",
    ];
}
