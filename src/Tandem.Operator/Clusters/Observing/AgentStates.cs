namespace Tandem.Operator.Clusters.Observing;

/// <summary>Words of agents' reports that decisions here depend on.</summary>
public static class AgentStates
{
    public const string Founding = "founding";
    public const string Cloning = "cloning";
    public const string Rewinding = "rewinding";
    public const string Streaming = "streaming";
    public const string Running = "running";
    public const string Held = "held";

    /// <summary>Reason of an agent that is held: the record is lost, or older than what volumes remember.</summary>
    public const string RecordRegressed = nameof(RecordRegressed);

    /// <summary>Reason of an agent, in whatever state: the image has no server's programs.</summary>
    public const string EngineNotFound = nameof(EngineNotFound);
}
