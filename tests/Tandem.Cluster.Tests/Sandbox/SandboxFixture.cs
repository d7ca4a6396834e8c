using Tandem.Sandbox;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Sandbox;

/// <summary>Every class of this collection has the one sandbox to itself while it runs: <c>[Collection(SandboxCollection.Name)]</c>.</summary>
[CollectionDefinition(Name)]
public sealed class SandboxCollection : ICollectionFixture<SandboxFixture>
{
    public const string Name = "Sandbox";
}

/// <summary>The machine's sandbox, brought up once per run if it is not up, and left as it was found: taken down only if it was brought up here.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    private bool wasUp;
    private RunningSandbox? sandbox;

    public RunningSandbox Sandbox => sandbox ?? throw new InvalidOperationException("The sandbox is not up yet.");

    public async Task InitializeAsync()
    {
        var found = RunningSandbox.Open();
        wasUp = found is not null;
        // What another run left cut or dead would fail every test of this one.
        await NetworkFaults.MendAllAsync();
        sandbox = await SandboxLifecycle.UpAsync(found?.Options ?? SandboxOptions.Default, new Progress(Console.Out));
    }

    public async Task DisposeAsync()
    {
        await NetworkFaults.MendAllAsync();
        if (!wasUp) await SandboxLifecycle.DownAsync(new Progress(Console.Out));
    }
}
