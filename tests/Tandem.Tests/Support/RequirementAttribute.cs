using Xunit.Abstractions;
using Xunit.Sdk;

namespace Tandem.Tests.Support;

/// <summary>Names the rows of the requirements that a test proves; also a trait, so that <c>--filter Requirement=E7</c> finds it.</summary>
[TraitDiscoverer("Tandem.Tests.Support.RequirementDiscoverer", "Tandem.Tests")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequirementAttribute(params string[] ids) : Attribute, ITraitAttribute
{
    public IReadOnlyList<string> Ids { get; } = ids;
}

public sealed class RequirementDiscoverer : ITraitDiscoverer
{
    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo attribute) =>
        ((string[])attribute.GetConstructorArguments().Single()).Select(id => KeyValuePair.Create("Requirement", id));
}
