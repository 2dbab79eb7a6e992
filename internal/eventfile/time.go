package eventfile

import (
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

// timeFields are where records have their time, the most telling first.
var timeFields = []string{
	"TimeCreated_SystemTime", "TimeCreated", "SystemTime", "UtcTime", "@timestamp", "EventTime", "eventTime", "published", "createdDateTime",
	"requestReceivedTimestamp", "CreationTime", "timestamp", "ts", "time",
}

var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999Z0700", "1/2/2006 3:04:05 PM", time.RFC1123Z, time.RFC1123,
}

// Time is the time of the record read last, in ns since 1970 UTC; 0 when it
// has none that can be read. A form without a zone is UTC.
func (d *Decoder) Time() int64 {
	if d.when != 0 {
		return d.when
	}
	for _, name := range timeFields {
		if v, ok := d.Record.Field(name); ok {
			if ns := readTime(v); ns != 0 {
				return ns
			}
		}
	}
	return 0
}

func readTime(v sigma.Value) int64 {
	if v.Kind() == sigma.String {
		text := strings.TrimSpace(v.Text())
		for _, l := range layouts {
			if t, err := time.Parse(l, text); err == nil {
				return t.UnixNano()
			}
		}
	}
	f, ok := v.Number()
	if !ok || f < 1e8 {
		return 0
	}
	switch {
	case f < 1e11:
		return int64(f*1e6) * 1e3
	case f < 1e14:
		return int64(f*1e3) * 1e3
	case f < 1e17:
		return int64(f) * 1e3
	case f < 9e18:
		return int64(f)
	}
	return 0
}
