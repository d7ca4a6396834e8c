using System.Collections;
using Tandem.Resources.Values;

namespace Tandem.Tests.Resources;

/// <summary>Objects whose every property has a value, lists one item each.</summary>
public static class Filled
{
    public static T Of<T>() => (T)Of(typeof(T));

    private static object Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "text";
        if (type == typeof(bool)) return true;
        if (type == typeof(int)) return 42;
        if (type == typeof(long)) return 5_000_000_000L;
        if (type == typeof(double)) return 2.6;
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        if (type == typeof(Lsn)) return Lsn.Parse("16/B374D848");
        if (type == typeof(Epoch)) return new Epoch(7);
        if (type == typeof(PairEpoch)) return new PairEpoch(3, "east");
        if (type == typeof(TimelineId)) return new TimelineId(uint.MaxValue);
        if (type == typeof(SystemIdentifier)) return new SystemIdentifier(ulong.MaxValue);
        if (type == typeof(Incarnation)) return new Incarnation("orders-1", new string('a', 32), Guid.Empty.ToString());
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            list.Add(Of(type.GetGenericArguments()[0]));
            return list;
        }

        var value = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(p => p.CanWrite && p.GetIndexParameters().Length == 0)) property.SetValue(value, Of(property.PropertyType));
        return value;
    }
}
