using Tandem.Resources;
using Tandem.Resources.Validation;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

public sealed class ProtocolParametersTests
{
    [Theory, Requirement("E19")]
    [InlineData("restart_after_crash", "on")]
    [InlineData("wal_sender_timeout", "60s")]
    [InlineData("wal_receiver_status_interval", "10s")]
    [InlineData("max_standby_streaming_delay", "-1")]
    [InlineData("hot_standby_feedback", "off")]
    [InlineData("synchronous_commit", "local")]
    [InlineData("synchronous_standby_names", "")]
    [InlineData("primary_conninfo", "host=elsewhere")]
    [InlineData("primary_slot_name", "mine")]
    [InlineData("restore_command", "cp /archive/%f %p")]
    [InlineData("recovery_target", "immediate")]
    [InlineData("recovery_target_action", "promote")]
    [InlineData("Full_Page_Writes", "off")]
    [InlineData("ssl_min_protocol_version", "TLSv1")]
    public void Override_of_what_the_protocol_owns_is_refused_with_a_reason(string name, string value)
    {
        var error = Assert.Single(Validate(name, value));
        Assert.Equal(Reasons.OwnedByProtocol, error.Reason);
        Assert.Equal($"spec.parameters.{name}", error.Field);
        Assert.Contains("is refused: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shared_buffers", "256MB")]
    [InlineData("wal_level", "logical")]
    [InlineData("synchronous_commit", "remote_apply")]
    [InlineData("max_wal_senders", "20")]
    [InlineData("archive_mode", "on")]
    [InlineData("archive_command", "test ! -f /archive/%f && cp %p /archive/%f")]
    [InlineData("pg_stat_statements.track", "all")]
    [InlineData("log_min_duration_statement", "500ms")]
    public void The_rest_is_the_users(string name, string value) => Assert.Empty(Validate(name, value));

    private static IReadOnlyList<FieldError> Validate(string name, string value) =>
        DatabaseClusterValidator.Validate("orders", new DatabaseClusterSpec { Image = "postgres:17", Storage = new StorageSpec { Size = new Quantity("20Gi") }, Parameters = { [name] = value } });
}
