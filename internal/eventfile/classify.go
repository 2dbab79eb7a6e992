package eventfile

import (
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// KeepFields are the fields that a Matcher must keep for records to be
// classified: give them as sigma.MatcherOptions.Keep.
var KeepFields = []string{
	"Channel", "EventID", "Provider_Name", "Computer", "TimeCreated_SystemTime", "TimeCreated", "SystemTime", "UtcTime", "EventTime", "@timestamp", "timestamp", "time",
	"ts", "eventTime", "published", "createdDateTime", "requestReceivedTimestamp",
	"NewProcessName", "ParentProcessName", "Image", "ParentImage", "ThreatName", "Path", "Signature", "Filename",
	"eventSource", "eventVersion", "eventName", "@stream", "_path", "displayMessage", "legacyEventType", "auditID", "kind", "apiVersion", "Workload", "CreationTime",
	"protoPayload.@type", "resourceId", "operationName", "category", "appDisplayName", "createdDateTime", "actor", "action", "_document_id", "Category",
}

// classifier tells the log sources of records. It is for one goroutine.
type classifier struct {
	m        *sigma.Matcher
	override []sigma.Logsource
	windows  map[windowsKey]*source
	other    map[string]*source
	unknown  *source
}

type windowsKey struct {
	channel string
	id      int
}

// source is what records of the same kind have in common.
type source struct {
	sources  []sigma.Logsource
	class    *sigma.Class
	synonyms [][2]string
	known    bool
}

func newClassifier(m *sigma.Matcher, override []sigma.Logsource) *classifier {
	c := &classifier{m: m, override: override, windows: map[windowsKey]*source{}, other: map[string]*source{}}
	c.unknown = c.make([]sigma.Logsource{{}}, nil)
	c.unknown.known = false
	if override != nil {
		c.unknown = c.make(override, nil)
	}
	return c
}

func (c *classifier) make(sources []sigma.Logsource, synonyms [][2]string) *source {
	return &source{sources: sources, class: c.m.Class(sources), synonyms: synonyms, known: true}
}

// maxKinds bounds the kinds of Windows events that are remembered: files choose channels.
const maxKinds = 10_000

// classify finds the record's source and sets the names that rules of its
// categories use.
func (c *classifier) classify(r *sigma.Record) *source {
	if c.override != nil {
		return c.unknown
	}
	s := c.find(r)
	for _, pair := range s.synonyms {
		if v, ok := r.Field(pair[0]); ok {
			r.Set(pair[1], v)
		}
	}
	return s
}

func (c *classifier) find(r *sigma.Record) *source {
	if channel, ok := r.Field("Channel"); ok {
		v, _ := r.Field("EventID")
		n, _ := v.Number()
		key := windowsKey{channel.Text(), int(n)}
		if s := c.windows[key]; s != nil {
			return s
		}
		key.channel = strings.Clone(key.channel)
		sources := windowsSources(key.channel, key.id)
		s := c.make(sources, synonyms[sources[0].Service+"/"+strconv.Itoa(key.id)])
		if len(c.windows) < maxKinds {
			c.windows[key] = s
		}
		return s
	}
	return c.cloud(r)
}

func has(r *sigma.Record, names ...string) bool {
	for _, n := range names {
		if _, ok := r.Field(n); !ok {
			return false
		}
	}
	return true
}

// cloud tells sources of JSON records apart by the fields that only they have.
func (c *classifier) cloud(r *sigma.Record) *source {
	for _, name := range [2]string{"@stream", "_path"} {
		if v, ok := r.Field(name); ok {
			return c.zeek(v.Text())
		}
	}
	switch {
	case has(r, "eventSource", "eventName"):
		return c.named("cloudtrail", sigma.Logsource{Product: "aws", Service: "cloudtrail"})
	case has(r, "legacyEventType") || has(r, "displayMessage", "published"):
		return c.named("okta", sigma.Logsource{Product: "okta", Service: "okta"})
	case has(r, "auditID", "apiVersion"):
		return c.named("kubernetes", sigma.Logsource{Product: "kubernetes", Service: "audit"}, sigma.Logsource{Category: "application", Product: "kubernetes", Service: "audit"})
	case has(r, "protoPayload.@type"):
		return c.named("gcp", sigma.Logsource{Product: "gcp", Service: "gcp.audit"})
	case has(r, "Workload", "CreationTime"):
		return c.named("m365", sigma.Logsource{Product: "m365", Service: "audit"}, sigma.Logsource{Product: "m365", Service: "threat_management"}, sigma.Logsource{Product: "m365", Service: "exchange"})
	case has(r, "_document_id", "action"):
		return c.named("github", sigma.Logsource{Product: "github", Service: "audit"})
	case has(r, "appDisplayName", "createdDateTime"):
		return c.named("azure-signin", sigma.Logsource{Product: "azure", Service: "signinlogs"})
	case has(r, "operationName", "category"):
		v, _ := r.Field("category")
		switch strings.ToLower(v.Text()) {
		case "signinlogs":
			return c.named("azure-signin", sigma.Logsource{Product: "azure", Service: "signinlogs"})
		case "auditlogs":
			return c.named("azure-audit", sigma.Logsource{Product: "azure", Service: "auditlogs"})
		}
		return c.named("azure-activity", sigma.Logsource{Product: "azure", Service: "activitylogs"})
	}
	return c.unknown
}

func (c *classifier) named(name string, sources ...sigma.Logsource) *source {
	s := c.other[name]
	if s == nil {
		s = c.make(sources, nil)
		c.other[name] = s
	}
	return s
}

// zeek gives the sources of one of Zeek's streams.
func (c *classifier) zeek(stream string) *source {
	if s := c.other["zeek "+stream]; s != nil {
		return s
	}
	stream = strings.Clone(stream)
	sources := []sigma.Logsource{{Product: "zeek", Service: stream}}
	switch stream {
	case "dns":
		sources = append(sources, sigma.Logsource{Category: "dns"})
	case "conn":
		sources = append(sources, sigma.Logsource{Category: "firewall"})
	}
	if len(c.other) >= maxKinds {
		return c.make(sources, nil)
	}
	return c.named("zeek "+stream, sources...)
}
