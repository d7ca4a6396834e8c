using System.Text.Json.Nodes;

namespace Tandem.Cli.Verbs;

/// <summary><c>pause NAME</c> and <c>resume NAME</c>: whether the operator changes anything of this cluster. Its agents keep the database alive either way.</summary>
public static class PauseVerb
{
    public static async Task<int> RunAsync(Session session, string name, bool pause, CancellationToken cancellation)
    {
        var changed = false;
        await session.ChangeClusterAsync(name, cluster =>
        {
            changed = cluster.Spec.Paused != pause;
            return changed ? new JsonObject { ["spec"] = new JsonObject { ["paused"] = pause } } : null;
        }, cancellation);
        var state = pause ? "paused: the operator changes nothing, the agents still fail over" : "looked after again";
        session.Screen.Line(changed ? $"{name} is {state}" : $"{name} was {(pause ? "paused" : "not paused")} already");
        return ExitCodes.Done;
    }
}
