using System.Text.Json.Nodes;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo.Faults;

/// <summary>The first process of a pod's PostgreSQL, as this machine sees it: by the pod's uid in its environment.</summary>
public static class ServerProcess
{
    public static HostProcess Of(JsonNode pod)
    {
        var mark = $"POD_UID={pod["metadata"]!["uid"]!.GetValue<string>()}";
        // The server's other processes have another title.
        return HostProcess.All().FirstOrDefault(process => !process.IsZombie && process.CommandLine().Contains("/postgres -D ", StringComparison.Ordinal) && process.Environment().Contains(mark))
            ?? throw new InvalidOperationException($"no server runs in pod {pod["metadata"]!["name"]}");
    }
}
