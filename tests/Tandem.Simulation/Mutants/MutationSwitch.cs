using System.Reflection;

namespace Tandem.Simulation.Mutants;

/// <summary>The switch of the patched copy; in the program that is tested there is none.</summary>
internal static class MutationSwitch
{
    private static readonly FieldInfo? Current = typeof(Kubernetes.Client.IKubernetesClient).Assembly.GetType("Tandem.Mutation")?.GetField("Current");

    public static bool IsThere => Current is not null;

    /// <param name="id">Null: the code as it ships.</param>
    public static T With<T>(string? id, Func<T> run)
    {
        if (Current is null) throw new InvalidOperationException("this build has no mutants");
        Current.SetValue(null, id);
        try
        {
            return run();
        }
        finally
        {
            Current.SetValue(null, null);
        }
    }
}
