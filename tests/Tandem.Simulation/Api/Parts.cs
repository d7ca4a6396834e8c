using System.Linq.Expressions;
using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>Spec and status of a type, for the rules that hold for all types.</summary>
internal static class Parts<T> where T : class, IKubernetesObject
{
    /// <summary>It has a status subresource: a write of the object leaves the status as it is, one of the status leaves all else, and the generation counts the specs.</summary>
    public static readonly bool HasStatus = typeof(T).GetProperty("Spec") is not null && typeof(T).GetProperty("Status") is not null;

    private static readonly Func<T, T, bool> SameSpecCompiled = Same("Spec");
    private static readonly Action<T, T> TakeStatusCompiled = Take("Status");

    public static bool SameSpec(T a, T b) => SameSpecCompiled(a, b);

    /// <summary>Both have the same status after this; it is shared.</summary>
    public static void TakeStatus(T from, T into) => TakeStatusCompiled(from, into);

    private static Func<T, T, bool> Same(string part)
    {
        if (typeof(T).GetProperty(part) is not { } property) return (_, _) => true;
        var (a, b) = (Expression.Parameter(typeof(T)), Expression.Parameter(typeof(T)));
        return Expression.Lambda<Func<T, T, bool>>(Expression.Call(Shapes.Comparer(property.PropertyType), Expression.Property(a, property), Expression.Property(b, property)), a, b).Compile();
    }

    private static Action<T, T> Take(string part)
    {
        if (typeof(T).GetProperty(part) is not { } property) return (_, _) => { };
        var (from, into) = (Expression.Parameter(typeof(T)), Expression.Parameter(typeof(T)));
        return Expression.Lambda<Action<T, T>>(Expression.Assign(Expression.Property(into, property), Expression.Property(from, property)), from, into).Compile();
    }
}
