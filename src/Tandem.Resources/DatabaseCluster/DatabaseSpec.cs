using Tandem.Kubernetes.Crds;

namespace Tandem.Resources;

[ValidationRule("self == oldSelf", "spec.database cannot be changed: it is made once; use SQL to rename it or to make others")]
public sealed record DatabaseSpec
{
    [Description("Name of the database.")]
    [Length(1, 63), Pattern("^[a-z_][a-z0-9_-]*$")]
    public string Name { get; set; } = "app";

    [Description("Role that owns it, and whose password is in Secret <name>-app.")]
    [Length(1, 63), Pattern("^[a-z_][a-z0-9_-]*$")]
    public string Owner { get; set; } = "app";
}
