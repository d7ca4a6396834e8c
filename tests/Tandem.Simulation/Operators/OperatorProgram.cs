using Tandem.Operator;
using Tandem.Operator.Links.Agents;
using Tandem.Operator.Links.OtherSite;
using Tandem.Protocol.Links;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Operators;

/// <summary>The real operator, in a process of its own on a machine of its site; ended, it begins again there, as its Deployment would have it.</summary>
public sealed class OperatorProgram
{
    private readonly World _world;
    private readonly SimulatedSite _site;
    private readonly int _number;
    private readonly Machine _machine;
    private int _lives;

    public OperatorProgram(World world, SimulatedSite site, int number)
    {
        (_world, _site, _number) = (world, site, number);
        _machine = site.Machines[number % site.Machines.Count];
        _machine.Booted += StartSoon;
        Process = Start();
    }

    public SimulatedProcess Process { get; private set; }

    private SimulatedProcess Start()
    {
        var name = $"{_site.Name}/op-{_number}";
        var process = new SimulatedProcess(name, _world.Events, _machine.Clock, Chance.Of(_world.Setup.Seed, $"{name}.{_lives++}"), _world.Trace);
        _machine.Add(process);
        process.Ended += () =>
        {
            if (_machine.IsUp) StartSoon();
        };
        process.Run(() => _ = RunAsync(process));
        return process;
    }

    private void StartSoon() => _world.Events.After(TimeSpan.FromSeconds(1), () =>
    {
        if (Process.IsDead && _machine.IsUp) Process = Start();
    });

    private async Task RunAsync(SimulatedProcess process)
    {
        var client = new SimulatedKubernetesClient(process, _machine.Name, _site.Api);
        var options = new OperatorOptions { Site = _site.Name, Namespaces = [World.Namespace], PodName = $"operator-{_number}", PodNamespace = World.Namespace };
        await using var host = new OperatorHost(client, options, hasPolicyV1: true, _site.AgentImage, new ReportLinks(_world, process, _machine), process.Time, process.Chance, new TraceLoggerFactory(process.Name, _world.Trace), new OtherSiteLinks(_world, process, _machine), new ArbiterLinks(_world.Arbiter, process, _machine.Name));
        await host.RunAsync(CancellationToken.None);
    }

    /// <summary>The real link, over a client of the other site's API server. The kubeconfig is the site's name.</summary>
    private sealed class OtherSiteLinks(World world, SimulatedProcess process, Machine machine) : IOtherSiteFactory
    {
        public IOtherSite Connect(OtherSiteAddress address, string kubeconfig) => new OtherSite(address,
            () => new SimulatedKubernetesClient(process, machine.Name, world.Site(kubeconfig).Api, OtherSiteFactory.Options), process.Time, process.Logger);
    }

    private sealed class ReportLinks(World world, SimulatedProcess process, Machine machine) : IAgentLinkFactory
    {
        public IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials) => new ReportLink(world, process, machine, endpoint);
    }

    private sealed class ReportLink(World world, SimulatedProcess process, Machine machine, AgentEndpoint endpoint) : IAgentLink
    {
        public Task<AgentAnswer> ReadReportAsync(CancellationToken cancellation)
        {
            var outcome = new TaskCompletionSource<AgentAnswer>();
            world.Agents.Agents.Find(endpoint.Address)?.Ask<AgentReport>(world.Wires, machine.Name, endpoint.Instance, (links, answer) => answer(links.Report),
                report => outcome.TrySetResult(report is null ? new AgentAnswer.Silent("connection refused") : new AgentAnswer.Reported(report)));
            return outcome.Task.WaitAsync(TimeSpan.FromSeconds(10), process.Time, cancellation);
        }

        public void Dispose()
        {
        }
    }
}
