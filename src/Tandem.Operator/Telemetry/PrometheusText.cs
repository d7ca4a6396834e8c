using System.Globalization;
using System.Text;

namespace Tandem.Operator.Telemetry;

/// <summary>Writes the text format that Prometheus scrapes (exposition format 0.0.4). What is not known is not written.</summary>
public sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    /// <param name="type">gauge or counter.</param>
    public void Family(string name, string type, string help, IEnumerable<(string Labels, double? Value)> samples)
    {
        var known = samples.Where(s => s.Value is not null).ToList();
        if (known.Count == 0) return;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach (var (labels, value) in known) _text.Append(name).Append('{').Append(labels).Append("} ").Append(value!.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    public static string Labels(params (string Name, string Value)[] labels) => string.Join(',', labels.Select(l => $"{l.Name}=\"{Escape(l.Value)}\""));

    public override string ToString() => _text.ToString();

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
