using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>What an application needs to connect. The password is made once and never changed here: applications hold it.</summary>
public static class ApplicationSecretBuilder
{
    private const int PasswordLength = 32;

    public static string NewPassword() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", PasswordLength);

    public static V1Secret Build(DatabaseCluster cluster, string password)
    {
        var host = $"{Names.ReadWriteService(cluster.Metadata.Name!)}.{cluster.Metadata.Namespace}.svc";
        var port = Names.PostgresPort.ToString(CultureInfo.InvariantCulture);
        var (database, owner) = (cluster.Spec.Database.Name, cluster.Spec.Database.Owner);
        return new V1Secret
        {
            Metadata = OwnedMetadata.Of(cluster, Names.ApplicationSecret(cluster.Metadata.Name!)),
            Type = "Opaque",
            Data = new()
            {
                ["host"] = Encoding.UTF8.GetBytes(host),
                ["port"] = Encoding.UTF8.GetBytes(port),
                ["user"] = Encoding.UTF8.GetBytes(owner),
                ["username"] = Encoding.UTF8.GetBytes(owner),
                ["password"] = Encoding.UTF8.GetBytes(password),
                ["dbname"] = Encoding.UTF8.GetBytes(database),
                ["uri"] = Encoding.UTF8.GetBytes($"postgresql://{Uri.EscapeDataString(owner)}:{Uri.EscapeDataString(password)}@{host}:{port}/{Uri.EscapeDataString(database)}?sslmode=require"),
            },
        };
    }
}
