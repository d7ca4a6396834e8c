using System.Globalization;

namespace Tandem.Operator;

/// <summary>How the operator was started: command line, and the environment that its Deployment gives it.</summary>
public sealed record OperatorOptions
{
    public const string Usage =
        """
        operator --site NAME [options]
          --site NAME           name of this site; the pairs' spec.sites name it
          --namespace NS        look after this namespace alone; can be given several times (default: all)
          --agent-image IMAGE   image with /tandem/agent for the database pods (default: the image of this pod)
          --metrics-port PORT   /metrics (default 8080)
          --health-port PORT    /healthz and /readyz (default 8081)
          --kubeconfig PATH     in place of the pod's service account
          --no-leader-election  for a single operator outside of Kubernetes
        """;

    public required string Site { get; init; }

    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public string? AgentImage { get; init; }
    public int MetricsPort { get; init; } = 8080;
    public int HealthPort { get; init; } = 8081;
    public string? Kubeconfig { get; init; }
    public bool LeaderElection { get; init; } = true;

    /// <summary>POD_NAME and POD_NAMESPACE; null outside of a pod.</summary>
    public string? PodName { get; init; }
    public string? PodNamespace { get; init; }

    /// <exception cref="FormatException">What is wrong with the command line.</exception>
    public static OperatorOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var options = new OperatorOptions { Site = "", PodName = environment("POD_NAME"), PodNamespace = environment("POD_NAMESPACE") };
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, inline) = Split(arguments[i]);
            string Value() => inline ?? (++i < arguments.Count ? arguments[i] : throw new FormatException($"{name} needs a value"));
            options = name switch
            {
                "--site" => options with { Site = Value() },
                "--namespace" => options with { Namespaces = [.. options.Namespaces, Value()] },
                "--agent-image" => options with { AgentImage = Value() },
                "--metrics-port" => options with { MetricsPort = Port(name, Value()) },
                "--health-port" => options with { HealthPort = Port(name, Value()) },
                "--kubeconfig" => options with { Kubeconfig = Value() },
                "--no-leader-election" => options with { LeaderElection = false },
                _ => throw new FormatException($"{name} is not an option"),
            };
        }

        if (options.Site.Length == 0) throw new FormatException("--site is missing");
        return options;
    }

    private static (string Name, string? Inline) Split(string argument) =>
        argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOf('=') is > 0 and var equals ? (argument[..equals], argument[(equals + 1)..]) : (argument, null);

    private static int Port(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536 ? port : throw new FormatException($"{name}: {text} is not a port");
}
