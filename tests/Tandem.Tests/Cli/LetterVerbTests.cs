using Tandem.Cli;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("B20")]
public sealed class LetterVerbTests(ApiServerFixture server)
{
    [Fact]
    public async Task Prints_the_letter_alone_and_says_where_it_goes()
    {
        var terminal = (await WorldAsync(linked: false, "tandem-letter.1.AAAA.AAAA")).Terminal();
        await terminal.DoneAsync("letter", "orders");
        Assert.Equal("tandem-letter.1.AAAA.AAAA", terminal.Out.Trim());
        Assert.Contains("At site west", terminal.Errors);
    }

    [Fact]
    public async Task Refuses_where_there_is_a_link_or_no_letter_yet()
    {
        Assert.Contains("have a link", await (await WorldAsync(linked: true, null)).Terminal().RefusedAsync(ExitCodes.Refused, "letter", "orders"));
        Assert.Contains("no letter yet", await (await WorldAsync(linked: false, null)).Terminal().RefusedAsync(ExitCodes.Refused, "letter", "orders"));
    }

    private async Task<CliWorld> WorldAsync(bool linked, string? letter, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync($"{test}{(linked ? "L" : "")}"));
        await world.PairAsync(new DisasterRecoveryPairStatus { Site = "east", Epoch = 3, Letter = letter }, linked);
        return world;
    }
}
