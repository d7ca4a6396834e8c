namespace Tandem.Kubernetes.Client;

/// <summary>Where the bearer token of a request comes from. Never printed.</summary>
public abstract class BearerTokenSource
{
    /// <returns>The token to send now, or null for none.</returns>
    public abstract string? Current();

    /// <summary>The server answered 401: read anew before the next request.</summary>
    public abstract void Rejected();
}

public sealed class FixedBearerToken(string token) : BearerTokenSource
{
    public override string Current() => token;
    public override void Rejected() { }
}

/// <summary>A token in a file that somebody else renews (the kubelet, for a service account): read anew every minute, and after a 401.</summary>
public sealed class BearerTokenFile(string path, TimeProvider time, TimeSpan? maximumAge = null) : BearerTokenSource
{
    private readonly TimeSpan _maximumAge = maximumAge ?? TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private string? _token;
    private long _readAt;
    private bool _rejected;

    public override string? Current()
    {
        lock (_gate)
        {
            if (_token is null || _rejected || time.GetElapsedTime(_readAt) >= _maximumAge) Read();
            return _token;
        }
    }

    public override void Rejected()
    {
        lock (_gate) _rejected = true;
    }

    /// <summary>While the file cannot be read the last token stays: it may still be good, and the server has the last word.</summary>
    private void Read()
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            if (text.Length > 0) _token = text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_token is null) throw new KubeconfigException($"the token file {path} cannot be read: {e.Message}");
        }
        (_readAt, _rejected) = (time.GetTimestamp(), false);
    }
}
