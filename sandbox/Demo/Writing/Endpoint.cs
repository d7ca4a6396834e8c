using Npgsql;

namespace Tandem.Sandbox.Demo.Writing;

/// <summary>One way to the database: the `-rw` Service's port of one node.</summary>
public sealed record Endpoint(string Site, string Host, int Port, string Database, string User, string Password)
{
    /// <summary>TLS, and short patience: a node that is cut off does not answer, and the next one is to be tried.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Database = Database,
        Username = User,
        Password = Password,
        SslMode = SslMode.Require,
        Pooling = false,
        Timeout = 1,
        CommandTimeout = 2,
        CancellationTimeout = -1,
        Enlist = false,
        ApplicationName = "tandem-demo",
    }.ConnectionString;

    // Never the password.
    public override string ToString() => $"{Site} {Host}:{Port}";
}
