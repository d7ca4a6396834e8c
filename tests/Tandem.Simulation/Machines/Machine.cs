using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Machines;

/// <summary>One node of a site: its clocks, and the processes on it. A process may also be none of Kubernetes' (a client's).</summary>
public sealed class Machine(string name, string site, MachineClock clock)
{
    private readonly List<SimulatedProcess> _processes = [];

    /// <summary>Also its place in the network: `east-n1`.</summary>
    public string Name => name;
    public string Site => site;
    public MachineClock Clock => clock;
    public bool IsUp { get; private set; } = true;
    public bool IsPaused { get; private set; }

    /// <summary>Whoever drains it wants nothing new on it, whatever the API server has forgotten of that.</summary>
    public bool IsCordoned { get; set; }

    /// <summary>Raised when it has lost its power: everything on it is gone, and what no disk had flushed.</summary>
    public event Action? Lost;

    /// <summary>Raised when it is up again.</summary>
    public event Action? Booted;

    public void Add(SimulatedProcess process)
    {
        _processes.RemoveAll(p => p.IsDead);
        _processes.Add(process);
        if (IsPaused) process.Pause();
    }

    public void LosePower()
    {
        if (!IsUp) return;
        IsUp = false;
        foreach (var process in _processes.ToList()) process.Kill();
        _processes.Clear();
        Lost?.Invoke();
    }

    public void Boot()
    {
        if (IsUp) return;
        IsUp = true;
        Booted?.Invoke();
    }

    /// <summary>As a virtual machine that its host does not run: its boot clock goes on.</summary>
    public void Pause()
    {
        if (IsPaused) return;
        IsPaused = true;
        foreach (var process in _processes) process.Pause();
    }

    public void Resume()
    {
        if (!IsPaused) return;
        IsPaused = false;
        foreach (var process in _processes) process.Resume();
    }
}
