namespace Tandem.Sandbox.Host;

public static class LogFile
{
    /// <summary>The last lines of a log, for messages.</summary>
    public static string Tail(string path, int lines = 12)
    {
        if (!File.Exists(path)) return $"(no {path})";
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(-Math.Min(stream.Length, 16 * 1024), SeekOrigin.End);
        using var reader = new StreamReader(stream);
        return $"{path}:\n{string.Join('\n', reader.ReadToEnd().Split('\n').TakeLast(lines))}";
    }
}
