namespace Tandem.Resources.Validation;

/// <summary>Why a spec is refused: the reasons of <see cref="FieldError"/>, and so of conditions.</summary>
public static class Reasons
{
    /// <summary>Several things of different kinds are wrong.</summary>
    public const string InvalidSpec = nameof(InvalidSpec);

    /// <summary>Not a value of this field at all.</summary>
    public const string InvalidValue = nameof(InvalidValue);

    /// <summary>A value too small or too large.</summary>
    public const string OutOfRange = nameof(OutOfRange);

    /// <summary>Right by itself, not together with another field.</summary>
    public const string FieldsDisagree = nameof(FieldsDisagree);

    /// <summary>A field that must be there is absent.</summary>
    public const string FieldRequired = nameof(FieldRequired);

    /// <summary>A name that is there twice.</summary>
    public const string Duplicate = nameof(Duplicate);

    /// <summary>A field that cannot be changed was.</summary>
    public const string Immutable = nameof(Immutable);

    /// <summary>Volumes cannot shrink.</summary>
    public const string StorageShrunk = nameof(StorageShrunk);

    /// <summary>A setting that the safety of the database depends on.</summary>
    public const string OwnedByProtocol = nameof(OwnedByProtocol);

    /// <summary>A name that the server or Tandem needs for itself.</summary>
    public const string ReservedName = nameof(ReservedName);

    /// <summary>It would open the database to those who must not come in.</summary>
    public const string UnsafeAccess = nameof(UnsafeAccess);

    /// <summary>A name of a site that this operator is not at, or that the pair does not have.</summary>
    public const string SiteUnknown = nameof(SiteUnknown);

    /// <summary>Planned, and not there yet: refused rather than half done.</summary>
    public const string NotYetSupported = nameof(NotYetSupported);
}
