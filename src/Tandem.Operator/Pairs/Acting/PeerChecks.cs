using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Acting;

/// <summary>Answers the question of an agent that is about to start read-write: the other site's pair epoch, from a read that begins after the question was seen [S8].</summary>
public sealed class PeerChecks(IKubernetesClient client, ILogger<PeerChecks> logger)
{
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

    private static async Task<PeerCheckAnswer> ReadAsync(PairObservation seen, string nonce, CancellationToken cancellation)
    {
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
