using System.CommandLine;
using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;
using Verb = System.CommandLine.Command;

namespace Tandem.Sandbox;

/// <summary>The command line: one verb per line of <see cref="Root"/>.</summary>
public static class Verbs
{
    private static readonly Progress Progress = new(Console.Error);

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            return await Root().Parse(arguments).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception problem) when (problem is FatalException or TimeoutException or CommandFailedException or HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"sandbox: {problem.Message}");
            return 1;
        }
    }

    private static RootCommand Root() => new("Two real Kubernetes sites on one Debian machine.")
    {
        Up(),
        Demo(),
        Plain("down", "Remove the sandbox without a trace.", cancellation => SandboxLifecycle.DownAsync(Progress, cancellation)),
        Plain("status", "What runs, and what is cut.", async cancellation => await StatusReport.WriteAsync(Console.Out, cancellation)),
        TwoSites("cut", "Cut the link between two sites (--one-way: only what the first sends to the second).", (first, second, oneWay, cancellation) =>
            NetworkFaults.CutAsync(first, second, oneWay ? CutDirection.From : CutDirection.Both, cancellation)),
        TwoSites("mend", "Mend the link between two sites.", (first, second, _, cancellation) => NetworkFaults.MendAsync(first, second, cancellation)),
        Cut("cut-node", "Cut a node and its pods from everything.", Node, NetworkFaults.CutNodeAsync),
        Mend("mend-node", "Undo cut-node.", Node, NetworkFaults.MendNodeAsync),
        Cut("cut-node-api", "Cut a node and its pods from the API server of its site.", Node, NetworkFaults.CutNodeApiAsync),
        Mend("mend-node-api", "Undo cut-node-api.", Node, NetworkFaults.MendNodeApiAsync),
        Cut("cut-site", "Cut a site from this machine and from the other sites.", Site, NetworkFaults.CutSiteAsync),
        Mend("mend-site", "Undo cut-site.", Site, NetworkFaults.MendSiteAsync),
        Plain("mend-all", "Undo every cut (a killed node stays dead).", NetworkFaults.MendAllAsync),
        Mend("kill-node", "Power off: SIGKILL to all processes of a node, without a word to its peers.", Node, (node, cancellation) => Running().KillNodeAsync(node, cancellation)),
        Mend("start-node", "Power on.", Node, (node, cancellation) => Running().StartNodeAsync(node, cancellation)),
        Mend("stop-api", "SIGKILL to the API server of a site.", Site, (site, cancellation) => Running().StopApiAsync(site, cancellation)),
        Mend("start-api", "Start the API server of a site.", Site, (site, cancellation) => Running().StartApiAsync(site, cancellation)),
        Plain("images", "The images on each node.", ImagesAsync),
        LoadImage(),
        Plain("build-image", "Build the Tandem image from this checkout, and import it into every node.", async cancellation =>
            await Running().LoadImageAsync(await TandemImage.BuildAsync(Progress, cancellation), Progress, cancellation)),
        Plain("recycle-volumes", "Wipe the volumes whose claims are gone, and offer them again.", async cancellation => Progress.Step($"{await Running().RecycleVolumesAsync(cancellation)} volumes recycled")),
    };

    private static Verb Up()
    {
        var sites = new Option<string>("--sites") { Description = "Names of the sites.", DefaultValueFactory = _ => string.Join(',', SandboxOptions.Default.Sites) };
        var nodes = new Option<int>("--nodes") { Description = "Nodes of each site.", DefaultValueFactory = _ => SandboxOptions.Default.Nodes };
        var verb = new Verb("up", "Bring the sites up; what runs is left alone.") { sites, nodes };
        verb.SetAction((parsed, cancellation) => SandboxLifecycle.UpAsync(new SandboxOptions(parsed.GetValue(sites)!.Split(','), parsed.GetValue(nodes)), Progress, cancellation));
        return verb;
    }

    private static Verb Demo()
    {
        var pair = new Option<bool>("--pair") { Description = "Two sites and a pair between them (false: one site).", DefaultValueFactory = _ => true };
        var keep = new Option<bool>("--keep") { Description = "Leave the database running at the end." };
        var install = new Option<bool>("--install") { Description = "Bring the sites up, build the image, install the operator (false: they are there).", DefaultValueFactory = _ => true };
        var verb = new Verb("demo", "The whole path from nothing: two sites, a database, a writer, faults, and a table of what they cost.") { pair, keep, install };
        verb.SetAction((parsed, cancellation) => DemoRun.RunAsync(new DemoOptions(parsed.GetValue(pair), parsed.GetValue(keep), parsed.GetValue(install)), Progress, cancellation));
        return verb;
    }

    private static Verb LoadImage()
    {
        var file = new Argument<string>("FILE") { Description = "OCI or docker archive." };
        var verb = new Verb("load-image", "Import an image into every node.") { file };
        verb.SetAction((parsed, cancellation) => Running().LoadImageAsync(parsed.GetValue(file)!, Progress, cancellation));
        return verb;
    }

    private static Verb Plain(string name, string description, Func<CancellationToken, Task> act)
    {
        var verb = new Verb(name, description);
        verb.SetAction((_, cancellation) => act(cancellation));
        return verb;
    }

    private static Verb TwoSites(string name, string description, Func<Site, Site, bool, CancellationToken, Task> act)
    {
        var first = new Argument<string>("FIRST");
        var second = new Argument<string>("SECOND");
        var oneWay = new Option<bool>("--one-way");
        var verb = new Verb(name, description) { first, second, oneWay };
        verb.SetAction((parsed, cancellation) => act(Running()[parsed.GetValue(first)!], Running()[parsed.GetValue(second)!], parsed.GetValue(oneWay), cancellation));
        return verb;
    }

    private static Verb Cut<T>(string name, string description, Func<string, T> find, Func<T, CutDirection, CancellationToken, Task> act)
    {
        var what = new Argument<string>("NAME");
        var from = new Option<bool>("--from") { Description = "Only what it sends is lost." };
        var to = new Option<bool>("--to") { Description = "Only what is sent to it is lost." };
        var verb = new Verb(name, description) { what, from, to };
        verb.SetAction((parsed, cancellation) => act(find(parsed.GetValue(what)!), (parsed.GetValue(from), parsed.GetValue(to)) switch
        {
            (true, false) => CutDirection.From,
            (false, true) => CutDirection.To,
            _ => CutDirection.Both,
        }, cancellation));
        return verb;
    }

    private static Verb Mend<T>(string name, string description, Func<string, T> find, Func<T, CancellationToken, Task> act)
    {
        var what = new Argument<string>("NAME");
        var verb = new Verb(name, description) { what };
        verb.SetAction((parsed, cancellation) => act(find(parsed.GetValue(what)!), cancellation));
        return verb;
    }

    private static async Task ImagesAsync(CancellationToken cancellation)
    {
        var sandbox = Running();
        foreach (var node in sandbox.Sites.SelectMany(site => site.Nodes).Where(node => sandbox.Runtime(node).Init.Process is not null))
            foreach (var image in await NodeImages.ListAsync(sandbox.Runtime(node), cancellation))
                Console.WriteLine($"{node.Name}  {image}");
    }

    private static SiteNode Node(string name) => Running().Node(name);

    private static Site Site(string name) => Running()[name];

    private static RunningSandbox Running() => RunningSandbox.Open() ?? throw new FatalException("no sandbox is up: `sandbox/sandbox up`");
}
