package event

import "strconv"

// Severity is OCSF's severity_id (OCSF 1.8, 0..6 and 99).
type Severity uint8

// OCSF severities.
const (
	SeverityUnknown Severity = iota
	Informational
	Low
	Medium
	High
	Critical
	Fatal
)

var severityNames = [...]string{"unknown", "informational", "low", "medium", "high", "critical", "fatal"}

func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return "other"
}

// ParseSeverity reads a severity's name; unknown names give SeverityUnknown.
func ParseSeverity(s string) Severity {
	for i, n := range severityNames {
		if n == s {
			return Severity(i)
		}
	}
	return SeverityUnknown
}

// Outcome says whether what was tried worked.
type Outcome uint8

// Outcomes.
const (
	OutcomeUnknown Outcome = iota
	Success
	Failure
)

func (o Outcome) String() string {
	switch o {
	case Success:
		return "success"
	case Failure:
		return "failure"
	}
	return ""
}

// ParseOutcome reads an outcome's name.
func ParseOutcome(s string) Outcome {
	switch s {
	case "success":
		return Success
	case "failure":
		return Failure
	}
	return OutcomeUnknown
}

// TimeQuality says how far Event.Time can be trusted.
type TimeQuality uint8

// Qualities, best first.
const (
	TimeFromSource  TimeQuality = iota // the source gave date, time and zone
	TimeAssumedZone                    // no zone: UTC assumed
	TimeAssumedYear                    // no year: the nearest one assumed
	TimeReceived                       // no usable time: when it arrived
	TimeSkewed                         // source's time is implausible; kept in a field, arrival used
)

func (q TimeQuality) String() string {
	return [...]string{"source", "assumed_zone", "assumed_year", "received", "skewed"}[q]
}

// ParseStatus says how much of a record its mapping understood.
type ParseStatus uint8

// Statuses. Whatever the status, the raw bytes are kept and searchable.
const (
	ParseNone      ParseStatus = iota // no mapping knew it
	ParsePartial                      // the header or the carrier only, or a conversion failed
	ParseFull                         // all that the mapping describes
	ParseTruncated                    // over the size limit; the head was read
)

func (p ParseStatus) String() string {
	return [...]string{"none", "partial", "full", "truncated"}[p]
}

// Class is an OCSF class_uid (OCSF 1.8); 0 is the base event.
type Class uint32

// The classes that shipped mappings use.
const (
	BaseEvent        Class = 0
	FileActivity     Class = 1001
	ProcessActivity  Class = 1007
	DetectionFinding Class = 2004
	AccountChange    Class = 3001
	Authentication   Class = 3002
	NetworkActivity  Class = 4001
	HTTPActivity     Class = 4002
	DNSActivity      Class = 4003
	ApplicationLife  Class = 6002
	EventLogActivity Class = 1008
	ScheduledJob     Class = 1006
	RegistryKey      Class = 201001
	GroupManagement  Class = 3006
)

var classNames = map[Class]string{
	BaseEvent: "base_event", FileActivity: "file_activity", ProcessActivity: "process_activity",
	DetectionFinding: "detection_finding", AccountChange: "account_change", Authentication: "authentication",
	NetworkActivity: "network_activity", HTTPActivity: "http_activity", DNSActivity: "dns_activity",
	ApplicationLife: "application_lifecycle", EventLogActivity: "event_log_activity",
	ScheduledJob: "scheduled_job_activity", RegistryKey: "registry_key_activity", GroupManagement: "group_management",
}

func (c Class) String() string {
	if n, ok := classNames[c]; ok {
		return n
	}
	return strconv.FormatUint(uint64(c), 10)
}

// ParseClass reads a class name that shipped mappings may use.
func ParseClass(s string) (Class, bool) {
	for c, n := range classNames {
		if n == s {
			return c, true
		}
	}
	return 0, false
}
