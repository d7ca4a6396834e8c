using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Invariants.Status;

/// <summary>What a status may say, one thing at a time: each was read at an instant of its own.</summary>
public enum Fact
{
    /// <summary>The instance holds the record, takes writes and lets clients in.</summary>
    Admits,

    /// <summary>The instance holds the record of a standby site, and its receiver is connected.</summary>
    Follows,

    /// <summary>The instance is a standby whose receiver is connected.</summary>
    Streams,

    /// <summary>The site's `-rw` selects the instance.</summary>
    Selected,

    /// <summary>No two servers of the site take writes of clients.</summary>
    OnePrimary,

    /// <summary>Commits of the site's clients wait for standbys, and as many stream as each waits for.</summary>
    Waits,

    /// <summary>The holder of the other site has a walsender that streams to the site's main standby; a silent end of the connection shows only when its patience is over.</summary>
    SendsAcross,

    /// <summary>The receiver of the site's main standby is connected.</summary>
    ReceivesAcross,

    /// <summary>The site's main standby receives, and some server of the other site sends to it: whose, behind the address of that site, it cannot tell.</summary>
    StreamsAcross,

    /// <summary>Both sites' records say the same pair epoch, and one of them is primary.</summary>
    SitesAgree,

    /// <summary>The mark stands at the site that its standby has all that the other one acknowledges, whatever happens.</summary>
    Vouched,
}

/// <summary>Remembers when each thing was last so: a status is written from what was read a while ago.</summary>
public sealed class LastSo(Events events)
{
    private readonly Dictionary<(string Site, Fact Fact, string Of), TimeSpan> _at = [];

    public void Note(string site, Fact fact, string of = "") => _at[(site, fact, of)] = events.Now;

    /// <summary>Whether it was so at that time, or at any later.</summary>
    public bool WasSo(string site, Fact fact, TimeSpan since, string of = "") => _at.TryGetValue((site, fact, of), out var at) && at >= since;

    /// <summary>For people.</summary>
    public string Describe(string site, Fact fact, string of = "") =>
        _at.TryGetValue((site, fact, of), out var at) ? FormattableString.Invariant($"last so {(events.Now - at).TotalSeconds:0.0} s ago") : "never so";
}
