using System.Text;

namespace Tandem.Sandbox.Certificates;

/// <summary>A kubeconfig of one cluster and one user, everything inside the file.</summary>
public static class Kubeconfig
{
    public static string Write(string path, string cluster, string url, CertificateAuthority authority, KeyPair user)
    {
        var text = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {cluster}
              cluster:
                server: {url}
                certificate-authority-data: {Encoded(authority.CertificatePath)}
            users:
            - name: {cluster}
              user:
                client-certificate-data: {Encoded(user.CertificatePath)}
                client-key-data: {Encoded(user.KeyPath)}
            contexts:
            - name: {cluster}
              context: {"{"}cluster: {cluster}, user: {cluster}{"}"}
            current-context: {cluster}

            """;
        var aside = path + ".partial";
        File.WriteAllText(aside, text);
        File.SetUnixFileMode(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(aside, path, overwrite: true);
        return path;
    }

    private static string Encoded(string path) => Convert.ToBase64String(Encoding.UTF8.GetBytes(File.ReadAllText(path)));
}
