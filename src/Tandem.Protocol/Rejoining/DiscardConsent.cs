using Tandem.Resources.Values;

namespace Tandem.Protocol.Rejoining;

/// <summary>
/// What a base backup would discard, and a person's word that it may: which database, and where its log ends. Both are the same three values, so that a consent is to this very data: given for another
/// incident, or before more was written, it is to nothing (protocol, section 5: nothing newer is wiped).
/// </summary>
public sealed record DiscardConsent(SystemIdentifier SystemIdentifier, TimelineId Timeline, Lsn Lsn)
{
    /// <summary>Whether, once accepted, it still is to what is there: a server that was stopped since has no more, and may have left out a record that it had not received whole.</summary>
    public bool Covers(DiscardConsent present) => SystemIdentifier == present.SystemIdentifier && Timeline == present.Timeline && present.Lsn <= Lsn;

    /// <summary>As it is written into a manifest.</summary>
    public override string ToString() => $$"""{systemIdentifier: "{{SystemIdentifier}}", timeline: {{Timeline}}, lsn: {{Lsn}}}""";
}
