namespace Tandem.Simulation.Kernel;

/// <summary>How Kubernetes' controllers work: whatever happened, a moment later one round over all there is; what happens until then is one round together.</summary>
internal sealed class Rounds(Events events, Chance chance, TimeSpan least, TimeSpan most, Action round)
{
    private bool _isPlanned;

    public void Plan() => Plan(chance.Between(least, most));

    public void Plan(TimeSpan after)
    {
        if (_isPlanned) return;
        _isPlanned = true;
        events.After(after, () =>
        {
            _isPlanned = false;
            round();
        });
    }
}
