{{/*
What the operator may do in the namespaces that it looks after. It grants a part of this to the agents of each cluster, and RBAC lets
nobody grant what he does not hold himself: hence no "escalate" and no "bind".
*/}}
{{- define "tandem.rules.namespace" -}}
# What users ask for. The operator writes no spec; update and patch are for finalizers and for taking back a switchover's annotation.
- apiGroups: [tandem.dev]
  resources: [databaseclusters, disasterrecoverypairs]
  verbs: [get, list, watch, update, patch]
- apiGroups: [tandem.dev]
  resources: [databaseclusters/status, disasterrecoverypairs/status]
  verbs: [get, update, patch]
- apiGroups: [tandem.dev]
  resources: [databaseclusters/finalizers, disasterrecoverypairs/finalizers]
  verbs: [update]
# What a cluster is made of.
- apiGroups: [""]
  resources: [pods, services, secrets, configmaps, persistentvolumeclaims, serviceaccounts]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [""]
  resources: [endpoints]
  verbs: [get, list, watch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, update, patch, delete]
# What its agents may do.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, update, patch, delete]
# The primary records and the pair records.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* Leadership among the replicas, in the operator's own namespace. */}}
{{- define "tandem.rules.leadership" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, update, patch]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* What belongs to no namespace: addresses of nodes for NodePort Services, and whether a claim's class lets volumes grow. */}}
{{- define "tandem.rules.cluster" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
- apiGroups: [storage.k8s.io]
  resources: [storageclasses]
  verbs: [get, list, watch]
{{- end }}
