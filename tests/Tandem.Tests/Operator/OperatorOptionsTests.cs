using Tandem.Operator;
using Tandem.Operator.Telemetry;

namespace Tandem.Tests.Operator;

public sealed class OperatorOptionsTests
{
    [Fact]
    public void The_chart_s_command_line_is_understood()
    {
        var options = OperatorOptions.Parse(["--site=east", "--namespace=a", "--namespace", "b", "--agent-image=tandem:1", "--metrics-port=9090", "--health-port", "9091"], name => name == "POD_NAME" ? "tandem-0" : null);

        Assert.Equal(("east", "tandem:1", 9090, 9091, "tandem-0"), (options.Site, options.AgentImage, options.MetricsPort, options.HealthPort, options.PodName));
        Assert.Equal(["a", "b"], options.Namespaces);
        Assert.True(options.LeaderElection);
    }

    [Theory]
    [InlineData("--site is missing")]
    [InlineData("--wrong is not an option", "--wrong")]
    [InlineData("--site needs a value", "--site")]
    [InlineData("--metrics-port: 0 is not a port", "--site=east", "--metrics-port=0")]
    public void What_is_wrong_is_said(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => OperatorOptions.Parse(arguments, _ => null)).Message);

    [Fact]
    public void Metrics_that_are_not_known_are_not_written()
    {
        var text = new PrometheusText();
        text.Family("a", "gauge", "A.", [(PrometheusText.Labels(("x", "y\"z")), 1.5), (PrometheusText.Labels(("x", "unknown")), null)]);
        text.Family("b", "gauge", "B.", [("", null)]);

        Assert.Equal("# HELP a A.\n# TYPE a gauge\na{x=\"y\\\"z\"} 1.5\n", text.ToString());
    }
}
