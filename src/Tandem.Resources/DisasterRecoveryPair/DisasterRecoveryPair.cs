using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Models;

namespace Tandem.Resources;

/// <summary>Two DatabaseClusters at two sites, one of them writable. The same manifest is applied at both.</summary>
[KubernetesEntity(Group = Names.Group, ApiVersion = "v1alpha1", Kind = "DisasterRecoveryPair", PluralName = "disasterrecoverypairs")]
[KubernetesEntityShortNames("drp")]
[KubernetesEntityCategories("tandem")]
[NameRule("^[a-z]([-a-z0-9]*[a-z0-9])?$", 40)]
[Description("Two DatabaseClusters at two sites, one of them writable, the other following. The same manifest is applied at both sites.")]
[GenericAdditionalPrinterColumn(".status.primarySite", "Primary", "string", Description = "The site that is writable.")]
[GenericAdditionalPrinterColumn(".status.standbySite", "Standby", "string", Description = "The site that follows.")]
[GenericAdditionalPrinterColumn(".status.phase", "Phase", "string", Description = "What the pair does now.")]
[GenericAdditionalPrinterColumn(""".status.conditions[?(@.type=="Protected")].status""", "Protected", "string", Description = "Whether the loss of the primary site can be survived.")]
[GenericAdditionalPrinterColumn(".status.recoveryPoint.text", "RPO", "string", Description = "How much a failover now would lose.")]
[GenericAdditionalPrinterColumn(".status.recoveryTime.text", "RTO", "string", Description = "How long the standby site needs to catch up.")]
[GenericAdditionalPrinterColumn(".status.epoch", "Epoch", "integer", Description = "Number of the pair epoch: what failover.fromEpoch must name.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date")]
[GenericAdditionalPrinterColumn(".status.site", "Site", "string", Priority = 1, Description = "The site that speaks here.")]
[GenericAdditionalPrinterColumn(".spec.cluster", "Cluster", "string", Priority = 1, Description = "The DatabaseCluster at each site.")]
[GenericAdditionalPrinterColumn(".status.operation.step", "Step", "string", Priority = 1, Description = "Step of the operation under way.")]
[GenericAdditionalPrinterColumn(""".status.conditions[?(@.type=="Ready")].status""", "Ready", "string", Priority = 1, Description = "Whether replication to the other site flows.")]
[GenericAdditionalPrinterColumn(""".status.conditions[?(@.type=="Ready")].reason""", "Reason", "string", Priority = 1, Description = "Why it is, or is not, ready.")]
public sealed record DisasterRecoveryPair : CustomKubernetesEntity<DisasterRecoveryPairSpec, DisasterRecoveryPairStatus>;
