using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Models;

namespace Tandem.Resources;

/// <summary>One site's database: a primary (or main standby), its standbys and cascade standbys.</summary>
[KubernetesEntity(Group = Names.Group, ApiVersion = "v1alpha1", Kind = "DatabaseCluster", PluralName = "databaseclusters")]
[KubernetesEntityShortNames("dbc")]
[KubernetesEntityCategories("tandem")]
[NameRule("^[a-z]([-a-z0-9]*[a-z0-9])?$", 40)]
[Description("A PostgreSQL database at one site: a primary, or the main standby of another site, with its standbys.")]
[GenericAdditionalPrinterColumn(".status.runMode", "Mode", "string", Description = "Primary, or Standby of another site.")]
[GenericAdditionalPrinterColumn(".status.primary", "Primary", "string", Description = "The instance that holds the record: the primary, at a standby site the main standby.")]
[GenericAdditionalPrinterColumn(""".status.conditions[?(@.type=="Ready")].status""", "Ready", "string", Description = "Whether every instance runs and every standby streams.")]
[GenericAdditionalPrinterColumn(".status.instancesText", "Instances", "string", Description = "Ready instances of those asked for.")]
[GenericAdditionalPrinterColumn(".status.synchronization", "Sync", "string", Description = "How many standbys must confirm a commit now.")]
[GenericAdditionalPrinterColumn(".status.epoch", "Epoch", "integer", Description = "Number of the present reign; rises at every failover and switchover.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date")]
[GenericAdditionalPrinterColumn(".status.preferredPrimary", "Preferred", "string", Priority = 1, Description = "The instance of the highest priority.")]
[GenericAdditionalPrinterColumn(".status.version", "Version", "string", Priority = 1, Description = "Version of the database server.")]
[GenericAdditionalPrinterColumn(".spec.pair", "Pair", "string", Priority = 1, Description = "The DisasterRecoveryPair that this cluster belongs to.")]
[GenericAdditionalPrinterColumn(""".status.conditions[?(@.type=="Ready")].reason""", "Reason", "string", Priority = 1, Description = "Why it is, or is not, ready.")]
public sealed record DatabaseCluster : CustomKubernetesEntity<DatabaseClusterSpec, DatabaseClusterStatus>;
