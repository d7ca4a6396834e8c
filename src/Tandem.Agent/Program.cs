using Tandem.Agent.Hosting;

return args switch
{
    ["install", var target] => Installation.Run(target),
    ["run"] => AgentProcess.Run(),
    ["--version"] => AgentProcess.PrintVersion(),
    _ => AgentProcess.Usage(),
};
