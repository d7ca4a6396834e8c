using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Agent.Fencing;
using Tandem.Resources.Values;

namespace Tandem.Tests.Agent.Fencing;

/// <summary>The self-fence, by a clock that the test turns (protocol, section 4).</summary>
public sealed class GuardTests
{
    private static readonly Epoch First = new(1);

    private readonly TurnedClock _clock = new();
    private readonly Guard _guard;
    private int _killed;

    public GuardTests() => _guard = new Guard(() => _killed++, _clock, NullLogger.Instance);

    [Fact]
    public void It_kills_once_its_deadline_has_passed_and_not_before()
    {
        Assert.True(_guard.Extend(First, At(4)));
        Assert.True(Lives(3.9));
        Assert.False(Lives(4));
        Assert.False(_guard.Extend(First, At(3)));
    }

    [Fact]
    public void Without_the_arbiter_it_kills_whatever_else_vouches() // [S8]
    {
        _guard.Bind(At(4));
        Assert.True(_guard.Extend(First, At(100)));
        Assert.Equal(At(4), _guard.Deadline);
        Assert.True(Lives(3.9));
        Assert.False(Lives(4));
        Assert.False(_guard.Extend(First, At(200)), "nothing starts without the lease either");
    }

    [Fact]
    public void With_the_arbiter_the_record_still_binds()
    {
        _guard.Bind(At(4));
        _guard.ExtendBinding(At(50));
        Assert.True(_guard.Extend(First, At(8)));
        Assert.True(Lives(7.9));
        Assert.False(Lives(8));
    }

    [Fact]
    public void Only_a_renewal_puts_the_binding_off()
    {
        _guard.Bind(At(4));
        _guard.Bind(At(50)); // another request was sent: that says nothing of how it ended
        Assert.True(_guard.Extend(First, At(100)));
        Assert.Equal(At(4), _guard.Deadline);
        _guard.ExtendBinding(At(9));
        _guard.ExtendBinding(At(6)); // an answer that was overtaken
        Assert.Equal(At(9), _guard.Deadline);
        _guard.Unbind();
        Assert.Equal(At(100), _guard.Deadline);
    }

    private bool Lives(double seconds)
    {
        _clock.Now = At(seconds);
        var before = _killed;
        _guard.Look();
        return _killed == before;
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
