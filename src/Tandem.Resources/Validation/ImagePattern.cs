namespace Tandem.Resources.Validation;

/// <summary>An image's name: host and port, path in lower case, tag, digest. One expression for the schema and for the validator.</summary>
public static class ImagePattern
{
    public const string Expression = "^([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$";
}
