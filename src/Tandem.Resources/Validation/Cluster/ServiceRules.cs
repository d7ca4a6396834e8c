namespace Tandem.Resources.Validation.Cluster;

internal static class ServiceRules
{
    public static IEnumerable<FieldError> NodePortsFit(DatabaseClusterInput input)
    {
        var services = input.Spec.Services;
        var ports = new (string Field, ServiceType Type, int? Port)[]
        {
            ("spec.services.readWrite", services.ReadWrite.Type, services.ReadWrite.NodePort),
            ("spec.services.readOnly", services.ReadOnly.Type, services.ReadOnly.NodePort),
            ("spec.services.read", services.Read.Type, services.Read.NodePort),
            ("spec.services.replication", services.Replication.Type, services.Replication.NodePort),
        };
        foreach (var (field, type, port) in ports)
        {
            if (port is not { } number) continue;
            foreach (var error in Check.Range(field + ".nodePort", number, 1, 65535)) yield return error;
            if (type == ServiceType.ClusterIP)
                yield return FieldError.Of(field + ".nodePort", number, Reasons.FieldsDisagree, $"needs a Service that has one; set {field}.type to NodePort or LoadBalancer");
        }

        foreach (var twice in ports.Where(p => p.Port is not null).GroupBy(p => p.Port).Where(g => g.Count() > 1))
            yield return FieldError.Of(twice.Last().Field + ".nodePort", twice.Key, Reasons.Duplicate, $"is that of {twice.First().Field} too; choose another port");
    }
}
