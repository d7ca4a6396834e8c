using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Acting;

/// <summary>Answers the question of an agent that is about to start read-write: the other site's pair epoch, from a read that begins after the question was seen [S8].</summary>
public sealed class PeerChecks(IKubernetesClient client, ILogger<PeerChecks> logger)
{
    /// <summary>The reason that an agent gives while it asks, and where it was refused.</summary>
    public const string Waiting = "PeerUnknown";

    public async Task AnswerAsync(PairObservation seen, CancellationToken cancellation)
    {
        var annotations = seen.RecordLease?.Metadata.Annotations;
        if (PeerCheckRequest.Decode(annotations?.GetValueOrDefault(PeerCheckRequest.Annotation)) is not { } question) return;
        var last = PeerCheckAnswer.Decode(annotations?.GetValueOrDefault(PeerCheckAnswer.Annotation));
        if (last?.Nonce == question.Nonce && last.Readable) return;

        var answer = await ReadAsync(seen, question.Nonce, cancellation);
        if (last?.Nonce == question.Nonce && !answer.Readable) return; // said already; it is asked again as soon as the link is back
        Log.PeerCheckAnswered(logger, seen.Key, answer.Nonce, answer.Readable, answer.PairEpoch);
        // Without a resourceVersion: it takes no part in swaps of the record, and bears the nonce that it answers.
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [PeerCheckAnswer.Annotation] = answer.Encode() } } };
        await client.PatchAsync<V1Lease>(Names.PairRecord(seen.Key.Name), seen.Key.Namespace, patch.ToJsonString(), cancellation);
    }

    /// <summary>Whether an agent asks, and was not told that the other site can be read.</summary>
    public static bool IsOpen(V1Lease? record)
    {
        var annotations = record?.Metadata.Annotations;
        return PeerCheckRequest.Decode(annotations?.GetValueOrDefault(PeerCheckRequest.Annotation)) is { } question
            && !(PeerCheckAnswer.Decode(annotations?.GetValueOrDefault(PeerCheckAnswer.Annotation)) is { Readable: true } answer && answer.Nonce == question.Nonce);
    }

    /// <summary>The founder of the pair, whose cluster is in its first epoch, and no server has been allowed to run read-write in that yet: `run` would stand there still.</summary>
    private static bool IsFirstOpening(PairView view) =>
        view is { ByHand: true, Record: { Role: PairRole.Primary, Outcome.Kind: PairOutcomeKind.Founded }, Cluster: { Epoch.Value: 1, Run: null } };

    private static async Task<PeerCheckAnswer> ReadAsync(PairObservation seen, string nonce, CancellationToken cancellation)
    {
        // Where nothing was ever writable, there is nothing that the other site could have taken over.
        if (IsFirstOpening(seen.View)) return new PeerCheckAnswer(nonce, true, seen.View.Record!.PairEpoch.ToString(), null);
        // A letter is no look, whatever it says [S8] [S15].
        if (seen.View is { ByHand: true, Record.PairEpoch.Number: var number })
            return new PeerCheckAnswer(nonce, false, null, $"there is no link to site {seen.View.PeerSite}, and no agent of this site has lived through since it was last writable: whether site {seen.View.PeerSite} has taken over, a person must look. If it has, copy its status.letter into spec.sites[].letter here; "
                + $"if it has not: spec.primarySite {seen.View.Site} and spec.failover.overrideFromEpoch {number} (kubectl tandem override {seen.Key.Name})");
        if (seen.Link is null) return new PeerCheckAnswer(nonce, false, null, seen.LinkProblem);
        return await seen.Link.ReadAsync(cancellation) switch
        {
            // A lost record is no witness.
            OtherSiteReading.Read { Record: { } lease } when PairRecordLease.Read(lease) is { State: not PairRecordState.RecordRegressed } record => new PeerCheckAnswer(nonce, true, record.PairEpoch.ToString(), null),
            OtherSiteReading.Read => new PeerCheckAnswer(nonce, false, null, $"site {seen.View.PeerSite} answers, but has no pair record"),
            OtherSiteReading.Unreadable unreadable => new PeerCheckAnswer(nonce, false, null, unreadable.Message),
            _ => throw new InvalidOperationException(),
        };
    }
}
