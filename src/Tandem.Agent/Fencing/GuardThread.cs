namespace Tandem.Agent.Fencing;

/// <summary>
/// Looks at the guard from a thread of its own, so that neither a blocked loop nor a starved thread pool can put it off.
/// A pause of the whole machine can outlast it by the pause's end to its next look: only a hardware watchdog closes that.
/// </summary>
public sealed class GuardThread : IDisposable
{
    private readonly ManualResetEventSlim _ended = new(false);

    public GuardThread(Guard guard)
    {
        void Watch()
        {
            while (!_ended.Wait(Guard.Tick)) guard.Look();
        }

        new Thread(Watch) { IsBackground = true, Name = "guard", Priority = ThreadPriority.Highest }.Start();
    }

    public void Dispose() => _ended.Set();
}
