using System.Text.Json.Serialization;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

[JsonConverter(typeof(ClosedEnumConverter<DatabaseEngine>))]
public enum DatabaseEngine { PostgreSQL, OpenGauss, KingbaseES }
