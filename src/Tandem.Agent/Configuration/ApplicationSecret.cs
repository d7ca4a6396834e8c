using Tandem.Postgres;

namespace Tandem.Agent.Configuration;

/// <summary>The application's credentials, from the mounted Secret. Never logged.</summary>
internal static class ApplicationSecret
{
    /// <returns>Null where the Secret is not there (yet).</returns>
    public static ApplicationDatabase? Read(string folder)
    {
        string? Value(string key) => File.Exists(Path.Combine(folder, key)) ? File.ReadAllText(Path.Combine(folder, key)).Trim() : null;
        return Value("dbname") is { } database && Value("username") is { } owner && Value("password") is { } password
            ? new ApplicationDatabase(database, owner, password)
            : null;
    }
}
