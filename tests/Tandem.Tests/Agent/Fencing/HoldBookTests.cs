using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.State;
using Tandem.Protocol.Links;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Agent.Fencing;

/// <summary>What a member says to a holder that asks it for a hold, and what it is bound to by that [C10b].</summary>
public sealed class HoldBookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-holds-").FullName;
    private readonly TurnedClock _clock = new();
    private readonly InstanceMemory _memory;
    private readonly HoldBook _book;

    public HoldBookTests()
    {
        var volume = new VolumeState { Volume = B.Volume };
        _memory = new InstanceMemory(new FileVolumeStore(_folder), volume, B);
        _book = new HoldBook(_memory, _clock);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_hold_is_on_the_volume_before_it_is_given_and_binds_whoever_begins_anew_for_its_whole_length()
    {
        Assert.True(Ask(1, 15_000).Held);
        Assert.Equal(TimeSpan.FromSeconds(15), _book.Until);
        _clock.Now = TimeSpan.FromSeconds(10);
        var reborn = new HoldBook(new InstanceMemory(new FileVolumeStore(_folder), new FileVolumeStore(_folder).Load()!, B), _clock);
        Assert.Equal(TimeSpan.FromSeconds(25), reborn.Until);
    }

    [Fact]
    public void Nobody_is_told_that_nothing_was_promised_above_his_epoch_where_it_was()
    {
        _memory.Remember(state => state with { Promise = new Epoch(2) });
        Assert.Equal(new HoldAnswer(false, 2), Ask(1, 15_000));
        Assert.Null(_book.Until);
    }

    [Fact]
    public void A_hold_for_a_later_epoch_is_not_given_while_one_for_an_earlier_stands()
    {
        Ask(1, 15_000);
        _clock.Now = TimeSpan.FromSeconds(14);
        Assert.False(Ask(2, 15_000).Held);
        Assert.Equal((new Epoch(1), TimeSpan.FromSeconds(15)), (_memory.Volume.HoldEpoch, _book.Until!.Value));
        Assert.True(Ask(2, 0).Held, "a word about this instant binds nobody");
        _clock.Now = TimeSpan.FromSeconds(15);
        Assert.True(Ask(2, 15_000).Held);
        Assert.Equal((new Epoch(2), TimeSpan.FromSeconds(30)), (_memory.Volume.HoldEpoch, _book.Until!.Value));
    }

    private HoldAnswer Ask(long epoch, long milliseconds) => _book.Give(new HoldRequest(A.ToString(), epoch, milliseconds));
}
