using Npgsql;
using Tandem.Sandbox;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;
using Tandem.Sandbox.Volumes;

namespace Tandem.Cluster.Tests.Sandbox;

/// <summary>The sandbox itself: its sites run pods, and each fault does what its name says and nothing else.</summary>
[Collection(SandboxCollection.Name)]
public sealed class SandboxTests(SandboxFixture fixture) : IAsyncLifetime
{
    private const int NodePort = 31999;
    private static readonly TimeSpan PodDeadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ShortDeadline = TimeSpan.FromSeconds(30);
    private readonly string @namespace = $"sandbox-{Guid.NewGuid():N}"[..16];

    private RunningSandbox Sandbox => fixture.Sandbox;
    private Site East => Sandbox.Sites[0];
    private Site West => Sandbox.Sites[1];

    public async Task InitializeAsync()
    {
        foreach (var site in Sandbox.Sites) await site.Kubectl.RunAsync("create", "namespace", @namespace);
    }

    public async Task DisposeAsync()
    {
        await NetworkFaults.MendAllAsync();
        await SandboxLifecycle.UpAsync(Sandbox.Options, Progress.Silent);
        await Task.WhenAll(Sandbox.Sites.Select(site => SiteNamespaces.RemoveAsync(site, @namespace)));
        await Sandbox.RecycleVolumesAsync();
    }

    [Fact]
    public async Task A_database_is_reached_from_the_machine_and_from_the_other_site_until_the_link_is_cut()
    {
        await StartDatabaseAsync(West, West.Nodes[1]);
        await StartClientAsync(East, East.Nodes[0]);
        foreach (var node in West.Nodes) Assert.Equal(1, await QueryAsync(node));
        Assert.Equal("1", await FromPodAsync(East, West.Nodes[2].Address));

        await NetworkFaults.CutAsync(East, West);
        Assert.Equal([$"link {East.Name} {West.Name}"], await NetworkFaults.ListAsync());
        await Assert.ThrowsAsync<CommandFailedException>(() => FromPodAsync(East, West.Nodes[2].Address));
        Assert.Equal(1, await QueryAsync(West.Nodes[0]));

        await NetworkFaults.MendAsync(West, East);
        Assert.Empty(await NetworkFaults.ListAsync());
        Assert.Equal("1", await FromPodAsync(East, West.Nodes[2].Address));
    }

    [Fact]
    public async Task A_cut_falls_silent_on_open_connections_which_go_on_when_it_is_mended()
    {
        await StartDatabaseAsync(West, West.Nodes[1]);
        await using var open = await ConnectAsync(West.Nodes[1]);
        await NetworkFaults.CutNodeAsync(West.Nodes[1]);
        await using var command = new NpgsqlCommand("select 1", open) { CommandTimeout = 60 };
        var answer = command.ExecuteScalarAsync();
        Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(3))));
        await NetworkFaults.MendNodeAsync(West.Nodes[1]);
        Assert.Equal(1, await answer.WaitAsync(ShortDeadline));
    }

    [Fact]
    public async Task One_direction_alone_is_cut()
    {
        // Over a connection that is open, what still passes is seen on the other side, though nothing comes back.
        await StartDatabaseAsync(West, West.Nodes[1]);
        await using var open = await ConnectAsync(West.Nodes[1]);
        await ExecuteAsync(open, "create table seen (at int)");
        await NetworkFaults.CutNodeAsync(West.Nodes[1], CutDirection.From);
        var unanswered = ExecuteAsync(open, "insert into seen values (1)");
        await Waiting.UntilAsync("the row that was sent one way", ShortDeadline, async _ =>
            await InsideAsync(West.Nodes[1], "select count(*) from seen") is var count && count == "1" ? null : $"count {count}", CancellationToken.None);
        Assert.False(unanswered.IsCompleted);

        await NetworkFaults.CutNodeAsync(West.Nodes[1], CutDirection.To);
        await unanswered.WaitAsync(ShortDeadline);
        Assert.Equal([$"node {West.Nodes[1].Name} to"], await NetworkFaults.ListAsync());
    }

    [Fact]
    public async Task A_node_cut_from_its_API_server_still_serves()
    {
        await StartDatabaseAsync(East, East.Nodes[1]);
        await NetworkFaults.CutNodeApiAsync(East.Nodes[1]);
        Assert.NotEqual(0, (await DialApiAsync(East.Nodes[1])).ExitCode);
        Assert.Equal(0, (await DialApiAsync(East.Nodes[0])).ExitCode);
        Assert.Equal(1, await QueryAsync(East.Nodes[1]));
        await NetworkFaults.MendNodeApiAsync(East.Nodes[1]);
        Assert.Equal(0, (await DialApiAsync(East.Nodes[1])).ExitCode);
    }

    [Fact]
    public async Task A_site_that_is_cut_off_goes_on_inside()
    {
        await StartDatabaseAsync(East, East.Nodes[1]);
        await NetworkFaults.CutSiteAsync(East);
        await Assert.ThrowsAnyAsync<Exception>(() => QueryAsync(East.Nodes[0]));
        Assert.Equal("1", await InsideAsync(East.Nodes[2], "select 1", East.Nodes[0].Address, NodePort));
        await NetworkFaults.MendSiteAsync(East);
        Assert.Equal(1, await QueryAsync(East.Nodes[0]));
    }

    [Fact]
    public async Task A_killed_node_is_silent_and_comes_back_with_its_volumes()
    {
        var (killed, other) = (East.Nodes[1], East.Nodes[0]);
        await StartDatabaseAsync(East, killed);
        await using (var connection = await ConnectAsync(killed)) await ExecuteAsync(connection, "create table kept as select 42 as answer");
        var others = Programs(other);

        await Sandbox.KillNodeAsync(killed);
        Assert.Empty(Processes(killed));
        Assert.Equal(others, Programs(other));
        await Assert.ThrowsAnyAsync<Exception>(() => QueryAsync(killed));

        await Sandbox.StartNodeAsync(killed);
        await Waiting.UntilAsync("the row of before", PodDeadline, async _ =>
        {
            await using var connection = await ConnectAsync(killed);
            await using var command = new NpgsqlCommand("select answer from kept", connection);
            return await command.ExecuteScalarAsync() is 42 ? null : "another answer";
        }, CancellationToken.None);
    }

    [Fact]
    public async Task Without_its_API_server_a_site_serves_on()
    {
        await StartDatabaseAsync(West, West.Nodes[1]);
        await Sandbox.StopApiAsync(West);
        Assert.NotEqual(0, (await West.Kubectl.TryAsync("get", "nodes")).ExitCode);
        Assert.Equal(1, await QueryAsync(West.Nodes[0]));
        await Sandbox.StartApiAsync(West);
        Assert.Contains(West.Nodes[0].Name, await West.Kubectl.RunAsync("get", "nodes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_again_changes_nothing_and_a_released_volume_is_offered_again_empty()
    {
        var programs = Programs(East.Nodes[1]);
        await StartDatabaseAsync(East, East.Nodes[1]);
        var volume = await East.Kubectl.RunAsync("-n", @namespace, "get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}");
        var folder = await East.Kubectl.RunAsync("get", "pv", volume, "-o", "jsonpath={.spec.local.path}");
        Assert.True(File.Exists(Path.Combine(folder, "pg", "PG_VERSION")));

        await SandboxLifecycle.UpAsync(Sandbox.Options, Progress.Silent);
        Assert.Equal(programs, Programs(East.Nodes[1]));
        Assert.Equal(1, await QueryAsync(East.Nodes[1]));

        await East.Kubectl.RunAsync(["-n", @namespace, "delete", "pod/database", "pvc/data", "--wait"], deadline: PodDeadline);
        await Waiting.UntilAsync($"recycling of {volume}", ShortDeadline, async token => await new LocalVolumes(East).RecycleAsync(token) > 0 ? null : "none released", CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Assert.Equal("", await East.Kubectl.RunAsync("get", "pv", volume, "-o", "jsonpath={.spec.claimRef.name}"));
    }

    private static IEnumerable<HostProcess> Processes(SiteNode node) => HostProcess.MarkedWith($"{Daemon.MarkName}={node.Site.Name}/{node.Name}").Where(process => process.Name != "sleep");

    /// <summary>The node's own programs, each by its one process. They start others for a moment, iptables or a probe, which come and go.</summary>
    private static HashSet<int> Programs(SiteNode node)
    {
        // A child has its parent's name until it has become another program.
        var programs = Processes(node).Where(process => NodeRuntime.Programs.Contains(process.Name)).ToList();
        return [.. programs.Select(process => process.Id).Except(programs.Where(child => programs.Any(parent => parent.Id == child.ParentId)).Select(child => child.Id))];
    }

    private async Task StartDatabaseAsync(Site site, SiteNode node)
    {
        await site.Kubectl.ApplyAsync($$"""
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: {{@namespace}} }
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi} }
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: database, namespace: {{@namespace}} }
            spec:
              type: NodePort
              selector: {app: database}
              ports: [{port: 5432, nodePort: {{NodePort}} }]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: database, namespace: {{@namespace}}, labels: {app: database} }
            spec:
              terminationGracePeriodSeconds: 1
              nodeSelector: {kubernetes.io/hostname: {{node.Name}} }
              securityContext: {runAsUser: 999, runAsGroup: 999, fsGroup: 999, runAsNonRoot: true}
              containers:
              - name: postgres
                image: postgres:15
                command: [/bin/sh, -ec]
                args:
                - |
                  # The kubelet opens the folder to the group at each mount; PostgreSQL refuses that.
                  if [ -f /data/pg/PG_VERSION ]; then chmod 700 /data/pg; rm -f /data/pg/postmaster.pid; else
                    initdb -D /data/pg -A trust >/dev/null
                    echo 'host all all all trust' >>/data/pg/pg_hba.conf
                  fi
                  exec postgres -D /data/pg -c 'listen_addresses=*' -k /tmp
                readinessProbe: {periodSeconds: 1, exec: {command: [psql, -h, localhost, -U, postgres, -c, select 1]} }
                volumeMounts: [{name: data, mountPath: /data}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data} }]
            """);
        await site.Kubectl.RunAsync(["-n", @namespace, "wait", "--for=condition=Ready", "pod/database", "--timeout=90s"], deadline: PodDeadline + ShortDeadline);
        await Waiting.UntilAsync("the Service", ShortDeadline, async _ => await QueryAsync(node) == 1 ? null : "another answer", CancellationToken.None);
    }

    private async Task StartClientAsync(Site site, SiteNode node)
    {
        await site.Kubectl.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: client, namespace: {{@namespace}} }
            spec:
              terminationGracePeriodSeconds: 0
              nodeSelector: {kubernetes.io/hostname: {{node.Name}} }
              containers: [{name: client, image: "postgres:15", command: [sleep, infinity]}]
            """);
        await site.Kubectl.RunAsync(["-n", @namespace, "wait", "--for=condition=Ready", "pod/client", "--timeout=90s"], deadline: PodDeadline + ShortDeadline);
    }

    private Task<string> FromPodAsync(Site site, string address) =>
        site.Kubectl.RunAsync("-n", @namespace, "exec", "client", "--", "psql", $"host={address} port={NodePort} user=postgres connect_timeout=3", "-Atc", "select 1");

    /// <summary>Asks the database from within a node's own network, which no cut reaches.</summary>
    private async Task<string> InsideAsync(SiteNode node, string sql, string? address = null, int port = 5432)
    {
        address ??= await node.Site.Kubectl.RunAsync("-n", @namespace, "get", "pod", "database", "-o", "jsonpath={.status.podIP}");
        return await Command.RunAsync("nsenter", $"--net=/run/netns/{node.NetworkNamespace}", "psql", $"host={address} port={port} user=postgres connect_timeout=3", "-Atc", sql);
    }

    private static Task<CommandResult> DialApiAsync(SiteNode node) =>
        Command.TryAsync(["nsenter", $"--net=/run/netns/{node.NetworkNamespace}", "timeout", "3", "bash", "-c", $"</dev/tcp/{node.Site.Addresses.ControlPlane}/{Site.ApiPort}"]);

    private static async Task<NpgsqlConnection> ConnectAsync(SiteNode node)
    {
        var connection = new NpgsqlConnection($"Host={node.Address};Port={NodePort};Username=postgres;Timeout=3;Pooling=false;SSL Mode=Disable");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<int> QueryAsync(SiteNode node)
    {
        await using var connection = await ConnectAsync(node);
        await using var command = new NpgsqlCommand("select 1", connection) { CommandTimeout = 3 };
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync();
    }
}
