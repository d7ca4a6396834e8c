using Tandem.Agent.Jobs;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Agent;

/// <summary>What an agent may still believe after its server was killed, or its volume began a new life.</summary>
public sealed class InstanceMemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-memory-").FullName;

    [Fact]
    public void A_sealed_end_is_void_as_soon_as_something_may_write_the_log() // [C2]
    {
        var memory = Memory();
        memory.NoteSealed(new WalEnd(new TimelineId(1), At(5)));
        memory.StreamedEnd = new WalEnd(new TimelineId(1), At(6));
        memory.LogChanges();
        Assert.Null(memory.SealedEnd);
        Assert.Null(memory.StreamedEnd);
    }

    [Fact]
    public void A_new_life_remembers_neither_log_nor_promise_nor_that_it_could_not_be_rewound()
    {
        var memory = Memory();
        memory.NoteSealed(new WalEnd(new TimelineId(1), At(5)));
        memory.Promise = Promise(A, 2, 1, At(5));
        memory.RewindImpossible = "no common checkpoint";
        memory.BeginIncarnation(new string('e', 32), VolumeMarker.Cloning);
        Assert.Null(memory.SealedEnd);
        Assert.Null(memory.Promise);
        Assert.Null(memory.RewindImpossible);
        Assert.Equal(new string('e', 32), new FileVolumeStore(_folder).Load()!.Volume);
        // What was obeyed is remembered on, and for whom.
        Assert.Equal([A.Volume], new FileVolumeStore(_folder).Load()!.FormerLives);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_newest_record_obeyed_is_on_the_volume_and_an_older_one_does_not_take_its_place()
    {
        var memory = Memory();
        var known = Record(2, A, Clause(2, A, 1, B)) with { Revision = 5 };
        memory.Remember(state => state.Obeying(known));
        memory.Remember(state => state.Obeying(known with { Revision = 4, Members = [A] }));
        memory.Remember(state => state.Obeying(null));
        Assert.True(new FileVolumeStore(_folder).Load()!.Record!.SaysTheSameAs(known));
        // A founder that has not named its database yet takes nothing back.
        memory.Remember(state => state.Obeying(known with { Revision = 6, SystemIdentifier = null }));
        Assert.Equal(known.SystemIdentifier, new FileVolumeStore(_folder).Load()!.Record!.SystemIdentifier);
    }

    [Fact]
    public void Where_a_log_ended_that_is_being_rewound_outlives_the_agent()
    {
        var memory = Memory();
        memory.Remember(state => state with { Marker = VolumeMarker.Rewinding, RewoundFrom = new WalEnd(new TimelineId(3), At(7)) });
        Assert.Equal(new WalEnd(new TimelineId(3), At(7)), new FileVolumeStore(_folder).Load()!.RewoundFrom);
        memory.BeginIncarnation(new string('e', 32), VolumeMarker.Cloning);
        Assert.Null(new FileVolumeStore(_folder).Load()!.RewoundFrom);
    }

    private InstanceMemory Memory() => new(new FileVolumeStore(_folder), new VolumeState { Volume = A.Volume }, A);
}
