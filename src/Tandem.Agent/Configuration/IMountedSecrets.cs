using Tandem.Arbiter;
using Tandem.Postgres;

namespace Tandem.Agent.Configuration;

/// <summary>The Secrets that the kubelet mounts into the pod, as far as the agent uses them itself.</summary>
public interface IMountedSecrets
{
    /// <summary>Brings the copies that server and libpq read up to date with the mounted certificate.</summary>
    void RefreshCertificate();

    /// <summary>A key file for one upstream's epoch; see <see cref="PodPaths.Credential"/>.</summary>
    /// <returns>Its path.</returns>
    string MakeCredential(string epoch);

    /// <summary>The application's credentials; never logged. Null where the Secret is not there (yet).</summary>
    ApplicationDatabase? ReadApplication();

    /// <summary>The way to the pair's arbiter; never logged. Null where the Secret is not there (yet).</summary>
    ArbiterAddress? ReadArbiter();
}
