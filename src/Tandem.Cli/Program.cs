using Tandem.Cli;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;

KubernetesJson.Register(TandemJsonContext.Default);
return await CommandTree.RunAsync(Session.Open, args);
