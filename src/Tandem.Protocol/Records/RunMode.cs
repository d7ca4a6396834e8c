namespace Tandem.Protocol.Records;

/// <summary>What a site's cluster is for. A standby site's holder is its main standby: same record, same election.</summary>
public enum RunMode { Primary, Standby }
