using Spectre.Console;
using Tandem.Sandbox.Demo.Faults;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;
using Progress = Tandem.Sandbox.Host.Progress;

namespace Tandem.Sandbox.Demo;

/// <param name="Pair">Two sites and a pair between them; else one site.</param>
/// <param name="Keep">Leave the database running at the end.</param>
/// <param name="Install">Bring the sandbox up, build the image, install the operator; else they are there.</param>
public sealed record DemoOptions(bool Pair, bool Keep, bool Install);

/// <summary>The whole path: sites, operator, database, writer, faults, table.</summary>
public static class DemoRun
{
    public const string Namespace = "demo";
    public const string Cluster = "orders";

    /// <returns>0 when no row is lost and every bound holds.</returns>
    public static async Task<int> RunAsync(DemoOptions options, Progress progress, CancellationToken cancellation)
    {
        var sandbox = await PrepareAsync(options, progress, cancellation);
        DemoSite[] sites = [.. sandbox.Sites.Take(options.Pair ? 2 : 1).Select(site => new DemoSite(site, Namespace, Cluster))];
        var manifests = await File.ReadAllTextAsync(SandboxPaths.Script("Demo", "manifests", options.Pair ? "pair.yaml" : "cluster.yaml"), cancellation);
        var stage = await DemoDatabase.MakeAsync(sandbox, sites, manifests, progress, cancellation);
        IReadOnlyList<FaultResult> results;
        await using (stage.Writer) results = await PlayAsync(stage, Faults(options.Pair), cancellation);
        if (!options.Keep) await DemoDatabase.RemoveAsync(sandbox, sites, progress, cancellation);
        ResultTable.Write(AnsiConsole.Console, results);
        return results.All(result => result.Problem is null) ? 0 : 1;
    }

    private static async Task<RunningSandbox> PrepareAsync(DemoOptions options, Progress progress, CancellationToken cancellation)
    {
        if (!options.Install) return RunningSandbox.Open() ?? throw new FatalException("no sandbox is up: `sandbox/sandbox demo` without --install false brings it up");
        var sandbox = await SandboxLifecycle.UpAsync(RunningSandbox.Open()?.Options ?? SandboxOptions.Default, progress, cancellation);
        await NetworkFaults.MendAllAsync(cancellation);
        await Installation.InstallAsync(sandbox, progress, cancellation);
        return sandbox;
    }

    private static IReadOnlyList<Fault> Faults(bool pair)
    {
        Fault[] inSite = [new ServerKilled(), new PodDeleted(), new NodeCutOff(), new InstanceSwitchover()];
        return pair ? [.. inSite, new SiteSwitchover(), new SiteFailover(), new SiteReturn()] : inSite;
    }

    /// <summary>Row after row. Where one does not end well there is nothing to play the next one on: the others are shown as not run.</summary>
    private static async Task<IReadOnlyList<FaultResult>> PlayAsync(DemoStage stage, IReadOnlyList<Fault> faults, CancellationToken cancellation)
    {
        List<FaultResult> results = [];
        try
        {
            foreach (var fault in faults)
            {
                results.Add(await FaultRunner.RunAsync(stage, fault, cancellation));
                await SayStateAsync(stage, cancellation);
            }
        }
        catch (Exception problem) when (problem is TimeoutException or CommandFailedException or HttpRequestException or InvalidOperationException)
        {
            stage.Progress.Step($"given up: {problem.Message}");
            await SayStateAsync(stage, cancellation);
            results.Add(new FaultResult(faults[results.Count], null, 0, 0, problem.Message));
            results.AddRange(faults.Skip(results.Count).Select(fault => new FaultResult(fault, null, 0, 0, "not run")));
        }
        finally
        {
            await NetworkFaults.MendAllAsync(CancellationToken.None);
        }
        return results;
    }

    private static async Task SayStateAsync(DemoStage stage, CancellationToken cancellation)
    {
        foreach (var site in stage.Sites)
        {
            stage.Progress.Line($"{site.Name}: kubectl get {(stage.HasPair ? "databasecluster,disasterrecoverypair" : "databasecluster")}");
            foreach (var line in (await site.TableAsync(stage.HasPair, cancellation)).Split('\n')) stage.Progress.Line(line);
        }
    }
}
