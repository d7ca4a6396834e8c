using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Simulation.Api;

/// <summary>How to copy and compare one class: read off its properties once, and compiled.</summary>
internal static class Shape<T> where T : class
{
    private static readonly List<PropertyInfo> Properties = [.. typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(p => p is { CanRead: true, CanWrite: true } && p.GetIndexParameters().Length == 0 && p.GetCustomAttribute<JsonIgnoreAttribute>() is null)];

    public static readonly Func<T, T> Copy = BuildCopy();
    public static readonly Func<T, T, bool> Equal = BuildEqual();

    private static readonly MethodInfo? Clone = typeof(T).GetMethod("<Clone>$");

    /// <summary>Of records alone.</summary>
    public static T Shallow(T value) => (T)(Clone ?? throw new NotSupportedException($"{typeof(T).Name} is no record")).Invoke(value, null)!;

    private static Func<T, T> BuildCopy()
    {
        if (typeof(T).GetConstructor(Type.EmptyTypes) is null) throw new NotSupportedException($"{typeof(T).Name} cannot be copied: it has no constructor without parameters");
        var value = Expression.Parameter(typeof(T));
        var copy = Expression.MemberInit(Expression.New(typeof(T)), Properties.Select(p => Expression.Bind(p, Copied(Expression.Property(value, p), p))));
        return Expression.Lambda<Func<T, T>>(copy, value).Compile();
    }

    private static Expression Copied(Expression part, PropertyInfo property)
    {
        var type = property.PropertyType;
        var isMicro = property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(MicroTimeConverter);
        if (type == typeof(DateTimeOffset)) return Expression.Call(Copies.Method(isMicro ? nameof(Copies.Microseconds) : nameof(Copies.Seconds)), part);
        if (type == typeof(DateTimeOffset?)) return Expression.Call(Copies.Method(isMicro ? nameof(Copies.OptionalMicroseconds) : nameof(Copies.OptionalSeconds)), part);
        if (type.IsValueType || type == typeof(string) || type == typeof(byte[])) return part;
        if (Shapes.ListItem(type) is { } item) return Expression.Call(Copies.Method(nameof(Copies.OfList), item), part);
        if (Shapes.DictionaryItem(type) is { } entry) return Expression.Call(Copies.Method(nameof(Copies.OfDictionary), entry), part);
        return Expression.Call(Copies.Method(nameof(Copies.OfNullable), type), part);
    }

    private static Func<T, T, bool> BuildEqual()
    {
        var (a, b) = (Expression.Parameter(typeof(T)), Expression.Parameter(typeof(T)));
        var equal = Properties.Aggregate((Expression)Expression.Constant(true), (so, p) => Expression.AndAlso(so, Equality(Expression.Property(a, p), Expression.Property(b, p), p.PropertyType)));
        return Expression.Lambda<Func<T, T, bool>>(equal, a, b).Compile();
    }

    private static MethodCallExpression Equality(Expression a, Expression b, Type type) => Expression.Call(Shapes.Comparer(type), a, b);
}

/// <summary>How to copy and compare what a list or a dictionary holds.</summary>
internal static class Element<T>
{
    /// <summary>Null: it never changes, and may be shared.</summary>
    public static readonly Func<T, T>? Copy = BuildCopy();
    public static readonly Func<T, T, bool> Equal = Shapes.Comparer(typeof(T)).CreateDelegate<Func<T, T, bool>>();

    private static Func<T, T>? BuildCopy()
    {
        var type = typeof(T);
        if (type.IsValueType || type == typeof(string) || type == typeof(byte[])) return null;
        var method = Shapes.ListItem(type) is { } item ? Copies.Method(nameof(Copies.OfList), item)
            : Shapes.DictionaryItem(type) is { } entry ? Copies.Method(nameof(Copies.OfDictionary), entry)
            : Copies.Method(nameof(Copies.OfNullable), type);
        return method.CreateDelegate<Func<T, T>>();
    }
}

internal static class Shapes
{
    public static Type? ListItem(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? type.GetGenericArguments()[0] : null;

    public static Type? DictionaryItem(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) && type.GetGenericArguments()[0] == typeof(string) ? type.GetGenericArguments()[1] : null;

    public static MethodInfo Comparer(Type type)
    {
        if (type == typeof(JsonElement)) return Copies.Method(nameof(Copies.AreSameJson));
        if (type == typeof(JsonElement?)) return Copies.Method(nameof(Copies.AreSameOptionalJson));
        if (type == typeof(byte[])) return Copies.Method(nameof(Copies.AreSameBytes));
        if (type.IsValueType || type == typeof(string)) return Copies.Method(nameof(Copies.AreSame), type);
        if (ListItem(type) is { } item) return Copies.Method(nameof(Copies.AreSameLists), item);
        if (DictionaryItem(type) is { } entry) return Copies.Method(nameof(Copies.AreSameDictionaries), entry);
        return Copies.Method(nameof(Copies.AreEqual), type);
    }
}
