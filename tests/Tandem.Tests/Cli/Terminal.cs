using System.CommandLine;
using Tandem.Cli;
using Tandem.Cli.Output;
using Tandem.Kubernetes.Client;

namespace Tandem.Tests.Cli;

/// <summary>The plug-in as a user types it, with what it prints.</summary>
internal sealed class Terminal(IKubernetesClient client, KubernetesClientConfiguration configuration, string @namespace, Func<string, string?>? ask = null)
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _errors = new();

    public string Out => _out.ToString();
    public string Errors => _errors.ToString();

    public Task<int> RunAsync(params string[] arguments) =>
        CommandTree.RunAsync((_, _, given) => new Session(client, configuration, given ?? @namespace, Screen.Plain(_out, _errors, ask), TimeProvider.System), arguments,
            new InvocationConfiguration { Output = _out, Error = _errors });

    /// <summary>Runs, and must end so; returns the only line of complaint.</summary>
    public async Task<string> RefusedAsync(int exitCode, params string[] arguments)
    {
        var ended = await RunAsync(arguments);
        Assert.True(ended == exitCode, $"exit code {ended}, expected {exitCode}; {Out}{Errors}");
        return Assert.Single(Errors.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
    }

    public async Task<string> DoneAsync(params string[] arguments)
    {
        var ended = await RunAsync(arguments);
        Assert.True(ended == 0, $"exit code {ended}; {Out}{Errors}");
        return Out;
    }
}
