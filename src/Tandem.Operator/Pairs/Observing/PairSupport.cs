using Tandem.Protocol.Handover;
using Tandem.Resources;
using Tandem.Resources.Validation;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>Whether a spec can be carried out; else the reason, with the field's name and value. The records are obeyed meanwhile.</summary>
public static class PairSupport
{
    public static Refusal? Check(DisasterRecoveryPair pair, string site)
    {
        var errors = DisasterRecoveryPairValidator.Validate(pair, new DisasterRecoveryPairObserved { Site = site });
        if (errors.Count == 0) return null;
        var (reason, message) = FieldError.Describe(errors);
        return new Refusal(reason, message);
    }
}
