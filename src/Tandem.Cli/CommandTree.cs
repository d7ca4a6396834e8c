using System.CommandLine;
using System.CommandLine.Invocation;
using Tandem.Cli.Output;
using Tandem.Cli.Verbs;
using Tandem.Kubernetes.Client;

namespace Tandem.Cli;

/// <summary>What can be typed. A verb that is not here is not built yet.</summary>
public static class CommandTree
{
    /// <summary>(kubeconfig, context, namespace): what the user gave, null where nothing.</summary>
    public delegate Session Opening(string? kubeconfig, string? context, string? @namespace);

    private const int Forbidden = 403;

    public static Task<int> RunAsync(Opening open, string[] arguments, InvocationConfiguration? invocation = null)
    {
        var parsed = Build(open).Parse(arguments);
        // What is wrong, not two screens of help under it.
        if (parsed.Action is ParseErrorAction complaint) complaint.ShowHelp = false;
        return parsed.InvokeAsync(invocation);
    }

    public static RootCommand Build(Opening open)
    {
        var globals = new Globals();
        var root = new RootCommand("PostgreSQL pairs that survive the loss of a process, a node or a whole site. Installed as kubectl-tandem on the path, it is `kubectl tandem`.");
        foreach (var option in globals.All) root.Options.Add(option);
        root.Subcommands.Add(Status());
        root.Subcommands.Add(Switchover());
        root.Subcommands.Add(Failover());
        root.Subcommands.Add(Override());
        root.Subcommands.Add(ResetPrimary());
        root.Subcommands.Add(History());
        root.Subcommands.Add(Primary());
        root.Subcommands.Add(Pause("pause", true, "Stops all changes by the operator; the agents still fail over"));
        root.Subcommands.Add(Pause("resume", false, "Takes `pause` back"));
        root.Subcommands.Add(Link());
        root.Subcommands.Add(Letter());
        return root;

        Command Status()
        {
            var name = new Argument<string>("NAME") { Description = "A DatabaseCluster, or a DisasterRecoveryPair" };
            return Verb("status", "Shows a cluster, its instances and its pair", [name], (session, parsed, cancellation) => StatusVerb.RunAsync(session, parsed.GetRequiredValue(name), cancellation));
        }

        Command Switchover()
        {
            var name = Cluster();
            var to = new Option<string?>("--to") { Description = "The instance that takes over; default: the standby of the highest priority that lacks least", HelpName = "INSTANCE" };
            var wait = new Option<bool>("--wait") { Description = "Until it is done: exit code 0 done, 1 refused or overtaken, 2 not in time" };
            var timeout = new Option<int>("--timeout") { Description = "Seconds to wait", DefaultValueFactory = _ => 60, HelpName = "SECONDS" };
            timeout.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out var seconds) && seconds is > 0 and <= 86400)) result.AddError("--timeout must be 1 to 86400 seconds");
            });
            return Verb("switchover", "Makes another instance of the site primary, without loss", [name, to, wait, timeout], (session, parsed, cancellation) =>
                SwitchoverVerb.RunAsync(session, parsed.GetRequiredValue(name), parsed.GetValue(to), parsed.GetValue(wait), TimeSpan.FromSeconds(parsed.GetValue(timeout)), cancellation));
        }

        Command Failover()
        {
            var name = new Argument<string>("PAIR") { Description = "The DisasterRecoveryPair" };
            var to = new Option<string>("--to") { Description = "The site that takes over", Required = true, HelpName = "SITE" };
            var yes = new Option<bool>("--yes") { Description = "Do not ask" };
            var abandon = new Option<bool>("--abandon-peer") { Description = "Go on without the other site though it can be read and does not stop: what it still acknowledges is lost" };
            return Verb("failover", "Makes the standby site primary without the other site; says what it may lose, and asks", [name, to, abandon, yes], (session, parsed, cancellation) =>
                FailoverVerb.RunAsync(session, parsed.GetRequiredValue(name), parsed.GetRequiredValue(to), parsed.GetValue(abandon), parsed.GetValue(yes), cancellation));
        }

        Command Override()
        {
            var name = new Argument<string>("PAIR") { Description = "The DisasterRecoveryPair" };
            var yes = new Option<bool>("--yes") { Description = "Do not ask" };
            return Verb("override", "Opens this demoted site again whose handover is in doubt; says what it may lose, and asks", [name, yes], (session, parsed, cancellation) =>
                OverrideVerb.RunAsync(session, parsed.GetRequiredValue(name), parsed.GetValue(yes), cancellation));
        }

        Command ResetPrimary()
        {
            var name = Cluster();
            var to = new Option<string>("--to") { Description = "The instance that becomes primary", Required = true, HelpName = "INSTANCE" };
            var yes = new Option<bool>("--yes") { Description = "Do not ask" };
            return Verb("reset-primary", "Makes one instance primary where there is none and none can be elected; says what it may lose, and asks", [name, to, yes], (session, parsed, cancellation) =>
                ResetPrimaryVerb.RunAsync(session, parsed.GetRequiredValue(name), parsed.GetRequiredValue(to), parsed.GetValue(yes), cancellation));
        }

        Command History()
        {
            var name = Cluster();
            return Verb("history", "Shows who was primary, since when, why, and what each change cost", [name], (session, parsed, cancellation) => HistoryVerb.RunAsync(session, parsed.GetRequiredValue(name), cancellation));
        }

        Command Letter()
        {
            var name = new Argument<string>("PAIR") { Description = "The DisasterRecoveryPair" };
            return Verb("letter", "Prints what this site has to say to the other one, where there is no link", [name], (session, parsed, cancellation) => LetterVerb.RunAsync(session, parsed.GetRequiredValue(name), cancellation));
        }

        Command Primary()
        {
            var name = Cluster();
            return Verb("primary", "Prints the name of the primary's pod", [name], (session, parsed, cancellation) => PrimaryVerb.RunAsync(session, parsed.GetRequiredValue(name), cancellation));
        }

        Command Pause(string verb, bool pause, string description)
        {
            var name = Cluster();
            return Verb(verb, description, [name], (session, parsed, cancellation) => PauseVerb.RunAsync(session, parsed.GetRequiredValue(name), pause, cancellation));
        }

        Command Link()
        {
            var name = new Option<string>("--pair") { Description = "Name of the DisasterRecoveryPair; it need not exist yet", Required = true, HelpName = "PAIR" };
            var site = new Option<string?>("--site") { Description = "Name of this site; default: as the pair's status says", HelpName = "SITE" };
            var secret = new Option<string?>("--secret") { Description = "Name of the printed Secret; default: this site's spec.sites[].kubernetes.kubeconfigSecret, else SITE-access", HelpName = "NAME" };
            var cluster = new Option<string?>("--cluster") { Description = "Name of the DatabaseCluster; default: as the pair says, else PAIR", HelpName = "NAME" };
            var server = new Option<string?>("--server") { Description = "Address by which the other site reaches this API server; default: that of the present context", HelpName = "URL" };
            return Verb("link", "Lets the other site's operator in for one pair: prints the Secret to be applied there", [name, site, secret, cluster, server], (session, parsed, cancellation) =>
                LinkVerb.RunAsync(session, parsed.GetRequiredValue(name), parsed.GetValue(site), parsed.GetValue(secret), parsed.GetValue(cluster), parsed.GetValue(server), cancellation));
        }

        static Argument<string> Cluster() => new("NAME") { Description = "The DatabaseCluster" };

        Command Verb(string name, string description, Symbol[] symbols, Func<Session, ParseResult, CancellationToken, Task<int>> run)
        {
            var command = new Command(name, description);
            foreach (var symbol in symbols)
            {
                if (symbol is Argument argument) command.Arguments.Add(argument);
                else command.Options.Add((Option)symbol);
            }
            command.SetAction((parsed, cancellation) => GuardedAsync(parsed, run, cancellation));
            return command;
        }

        async Task<int> GuardedAsync(ParseResult parsed, Func<Session, ParseResult, CancellationToken, Task<int>> run, CancellationToken cancellation)
        {
            try
            {
                var session = open(parsed.GetValue(globals.Kubeconfig), parsed.GetValue(globals.Context), parsed.GetValue(globals.Namespace));
                return await run(session, parsed, cancellation);
            }
            catch (CliException exception)
            {
                return Complain(parsed, exception.Message, exception.ExitCode);
            }
            catch (KubeconfigException exception)
            {
                return Complain(parsed, $"{exception.Message} (choose with --kubeconfig and --context)");
            }
            catch (KubernetesException exception) when (exception.StatusCode == Forbidden)
            {
                return Complain(parsed, $"{exception.Message}: your account lacks this permission");
            }
            catch (KubernetesException exception)
            {
                return Complain(parsed, exception.Message);
            }
            catch (KubernetesUnreachableException exception)
            {
                return Complain(parsed, $"the API server does not answer: {exception.Message} (another one: --context)");
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return Complain(parsed, "interrupted");
            }
        }
    }

    /// <summary>One line.</summary>
    private static int Complain(ParseResult parsed, string message, int exitCode = ExitCodes.Refused)
    {
        parsed.InvocationConfiguration.Error.WriteLine($"error: {message.ReplaceLineEndings(" ").Trim()}");
        return exitCode;
    }

    /// <summary>As kubectl has them.</summary>
    private sealed class Globals
    {
        public Option<string?> Namespace { get; } = new("--namespace", "-n") { Description = "Namespace; default: that of the context", Recursive = true, HelpName = "NAMESPACE" };
        public Option<string?> Kubeconfig { get; } = new("--kubeconfig") { Description = "Path of a kubeconfig; default: $KUBECONFIG, else ~/.kube/config", Recursive = true, HelpName = "PATH" };
        public Option<string?> Context { get; } = new("--context") { Description = "Context in it: which site", Recursive = true, HelpName = "NAME" };

        public IEnumerable<Option> All => [Namespace, Kubeconfig, Context];
    }
}
