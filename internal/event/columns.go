package event

import "strings"

// ColumnID names a normalised column.
type ColumnID uint8

// The normalised columns. Their order is the order in the event store, so new
// ones are added before numColumns and none is ever moved.
const (
	UserName ColumnID = iota
	UserDomain
	TargetUserName
	GroupName
	SessionID
	HostName
	SrcIP
	SrcPort
	SrcHost
	DstIP
	DstPort
	DstHost
	ProcessName
	ProcessPath
	ProcessCmd
	ProcessPID
	ParentPath
	ParentCmd
	FilePath
	FileHash
	RegistryKeyPath
	URLPath
	URLQuery
	Domain
	HTTPMethod
	HTTPStatus
	HTTPUserAgent
	ServiceName
	SignatureName
	Action
	BytesOut
	Facility
	NumColumns
)

// ColumnType is how the event store keeps a column.
type ColumnType uint8

// Column types. Addresses are text in canonical form (netip), so that equality
// and CIDR tests agree whatever form the source wrote.
const (
	TextColumn ColumnType = iota
	IntColumn
	IPColumn
)

// ColumnInfo describes a normalised column.
type ColumnInfo struct {
	ID   ColumnID
	Name string // as people type it: "src.ip"
	SQL  string // as the store names it: "src_ip"
	Type ColumnType
	// Entity is the kind of thing the value names ("user", "host", "ip", ...),
	// "" when it is not something to pivot on.
	Entity string
	// Aliases are names in Sigma's, ECS's and OCSF's use that mean the same.
	Aliases []string
}

var columns = [NumColumns]ColumnInfo{
	UserName:        {Name: "user.name", Entity: "user", Aliases: []string{"user", "username", "SubjectUserName", "actor.user.name", "winlog.event_data.SubjectUserName", "cs-username"}},
	UserDomain:      {Name: "user.domain", Aliases: []string{"SubjectDomainName", "actor.user.domain"}},
	TargetUserName:  {Name: "target_user.name", Entity: "user", Aliases: []string{"target_user", "TargetUserName", "user.target.name", "user.changes.name"}},
	GroupName:       {Name: "group.name", Aliases: []string{"group"}},
	SessionID:       {Name: "session.id", Aliases: []string{"session", "LogonId", "session.uid", "actor.session.uid"}},
	HostName:        {Name: "host.name", Entity: "host", Aliases: []string{"host", "hostname", "Computer", "ComputerName", "device.hostname", "agent.hostname", "host.hostname", "device.name"}},
	SrcIP:           {Name: "src.ip", Type: IPColumn, Entity: "ip", Aliases: []string{"src_ip", "source.ip", "src_endpoint.ip", "IpAddress", "SourceIp", "c-ip", "client.ip"}},
	SrcPort:         {Name: "src.port", Type: IntColumn, Aliases: []string{"src_port", "source.port", "src_endpoint.port", "SourcePort", "IpPort", "client.port"}},
	SrcHost:         {Name: "src.host", Entity: "host", Aliases: []string{"WorkstationName", "source.domain", "src_host", "SourceHostname", "src_endpoint.hostname", "client.domain"}},
	DstIP:           {Name: "dst.ip", Type: IPColumn, Entity: "ip", Aliases: []string{"dst_ip", "destination.ip", "dst_endpoint.ip", "DestinationIp", "server.ip"}},
	DstPort:         {Name: "dst.port", Type: IntColumn, Aliases: []string{"dst_port", "destination.port", "dst_endpoint.port", "DestinationPort", "server.port"}},
	DstHost:         {Name: "dst.host", Entity: "host", Aliases: []string{"DestinationHostname", "destination.domain", "dst_host", "dst_endpoint.hostname", "server.domain"}},
	ProcessName:     {Name: "process.name", Entity: "process", Aliases: []string{"process", "app"}},
	ProcessPath:     {Name: "process.path", Aliases: []string{"Image", "NewProcessName", "process.executable", "process.file.path"}},
	ProcessCmd:      {Name: "process.cmd", Aliases: []string{"CommandLine", "process.command_line", "process.cmd_line"}},
	ProcessPID:      {Name: "process.pid", Type: IntColumn, Aliases: []string{"pid", "ProcessId"}},
	ParentPath:      {Name: "parent.path", Aliases: []string{"ParentImage", "ParentProcessName", "process.parent.executable", "process.parent_process.file.path"}},
	ParentCmd:       {Name: "parent.cmd", Aliases: []string{"ParentCommandLine", "process.parent.command_line", "process.parent_process.cmd_line"}},
	FilePath:        {Name: "file.path", Entity: "file", Aliases: []string{"TargetFilename", "file"}},
	FileHash:        {Name: "file.hash", Entity: "hash", Aliases: []string{"Hashes", "hash", "file.hash.sha256", "file.hash.sha1", "file.hash.md5", "file.hashes.value", "process.hash.sha256", "process.hash.sha1", "process.hash.md5"}},
	RegistryKeyPath: {Name: "registry.key", Aliases: []string{"TargetObject", "registry.path", "reg_key.path"}},
	URLPath:         {Name: "url.path", Aliases: []string{"cs-uri-stem", "http_request.url.path"}},
	URLQuery:        {Name: "url.query", Aliases: []string{"cs-uri-query", "http_request.url.query_string"}},
	Domain:          {Name: "domain", Entity: "domain", Aliases: []string{"QueryName", "dns.question.name", "url.domain", "cs-host", "query.hostname", "http_request.url.hostname", "r-dns"}},
	HTTPMethod:      {Name: "http.method", Aliases: []string{"cs-method", "http.request.method", "http_request.http_method"}},
	HTTPStatus:      {Name: "http.status", Type: IntColumn, Aliases: []string{"sc-status", "http.response.status_code", "http_response.code"}},
	HTTPUserAgent:   {Name: "http.user_agent", Aliases: []string{"cs-user-agent", "user_agent.original", "http_request.user_agent", "c-useragent"}},
	ServiceName:     {Name: "service.name", Entity: "service", Aliases: []string{"service", "ServiceName"}},
	SignatureName:   {Name: "signature.name", Aliases: []string{"signature", "ThreatName", "rule.name", "finding_info.title"}},
	Action:          {Name: "action", Aliases: []string{"event.action", "activity_name"}},
	BytesOut:        {Name: "bytes.out", Type: IntColumn, Aliases: []string{"bytes_out", "sc-bytes", "http.response.bytes", "source.bytes", "traffic.bytes_out", "client.bytes"}},
	Facility:        {Name: "syslog.facility", Aliases: []string{"facility", "log.syslog.facility.name"}},
}

// Columns lists the normalised columns in store order.
func Columns() []ColumnInfo {
	out := make([]ColumnInfo, NumColumns)
	for i := range out {
		out[i] = ColumnID(i).Info()
	}
	return out
}

// Info describes the column.
func (id ColumnID) Info() ColumnInfo {
	c := columns[id]
	c.ID = id
	c.SQL = strings.ReplaceAll(c.Name, ".", "_")
	return c
}

// Type is the column's type.
func (id ColumnID) Type() ColumnType { return columns[id].Type }

// Ref is what a name in a query or policy stands for: an envelope field when
// Envelope is set, else a normalised column.
type Ref struct {
	Envelope string
	Column   ColumnID
}

var envelopeNames = map[string]string{
	"id": "id", "time": "time", "@timestamp": "time", "received": "received", "source": "source",
	"source_type": "source_type", "sourcetype": "source_type", "type": "source_type", "transport": "transport",
	"peer": "peer", "severity": "severity", "outcome": "outcome", "event.outcome": "outcome", "status": "outcome",
	"severity_id": "severity", "class_uid": "class", "class_name": "class", "event.ingested": "received", "event.created": "received",
	"class": "class", "message": "message", "msg": "message", "exercise": "exercise",
}

var columnNames = func() map[string]ColumnID {
	m := make(map[string]ColumnID, 4*NumColumns)
	for i := range columns {
		m[strings.ToLower(columns[i].Name)] = ColumnID(i)
		for _, a := range columns[i].Aliases {
			m[strings.ToLower(a)] = ColumnID(i)
		}
	}
	return m
}()

// Resolve finds what a name stands for, without regard to case. A name that
// does not resolve can still be a native field.
func Resolve(name string) (Ref, bool) {
	l := strings.ToLower(name)
	if c, ok := columnNames[l]; ok {
		return Ref{Column: c}, true
	}
	if e, ok := envelopeNames[l]; ok {
		return Ref{Envelope: e}, true
	}
	return Ref{}, false
}

// ColumnByName finds a column by its own name ("src.ip"), not by alias.
func ColumnByName(name string) (ColumnID, bool) {
	id, ok := columnNames[strings.ToLower(name)]
	return id, ok && columns[id].Name == name
}
