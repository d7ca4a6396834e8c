namespace Tandem.Tests.Postgres.Support;

/// <summary>Tests on real servers: one after the other, since they measure times, on one data directory made by initdb once and copied for each.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresTemplate>
{
    public const string Name = "PostgreSQL";
}
