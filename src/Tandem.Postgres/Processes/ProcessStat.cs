using System.Globalization;

namespace Tandem.Postgres.Processes;

/// <summary>What /proc/PID/stat says, as far as it is needed here. Pid and start time together name a process for ever.</summary>
internal readonly record struct ProcessStat(int Pid, char State, int Parent, int Session, ulong StartTime)
{
    /// <summary>Null where there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The command's name is in parentheses and may hold anything, parentheses too: fields are counted after the last one.
        var close = text.LastIndexOf(')');
        if (close < 0) return null;
        var fields = text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 20) return null;
        return new ProcessStat(
            pid,
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture),
            ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
