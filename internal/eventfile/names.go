package eventfile

import (
	"bytes"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// inner says what an object means by its name and place, and whether its name
// is left out of the names of its members.
func inner(in shape, name string) (next shape, hide bool) {
	switch in {
	case top:
		switch name {
		case "Event":
			return wrapper, true
		case "System":
			return system, true
		case "EventData", "event_data":
			return data, true
		case "UserData":
			return user, true
		case "winlog":
			return winlog, true
		}
	case wrapper:
		switch name {
		case "System":
			return system, true
		case "EventData":
			return data, true
		case "UserData":
			return user, true
		}
	case system:
		// Provider: {"#attributes": {"Name": …}} and Provider: {"@Name": …}
		return system, name == "#attributes" || name == "@attributes" || name == "attributes"
	case user:
		return data, true
	case winlog:
		if name == "event_data" || name == "user_data" {
			return data, true
		}
		return plain, false
	}
	return plain, false
}

// rename gives the name that rules use for one that shippers use.
func rename(in shape, name string) string {
	switch in {
	case top:
		switch name {
		case "event_id", "EventId", "eventid":
			return "EventID"
		case "Hostname", "host_name":
			return "Computer"
		case "SourceName":
			return "Provider_Name"
		case "channel":
			return "Channel"
		}
		// Zeek's JSON writes id.orig_h, or id_orig_h after some shippers.
		if strings.HasPrefix(name, "id_") {
			switch name {
			case "id_orig_h":
				return "id.orig_h"
			case "id_orig_p":
				return "id.orig_p"
			case "id_resp_h":
				return "id.resp_h"
			case "id_resp_p":
				return "id.resp_p"
			}
		}
	case winlog:
		switch name {
		case "event_id":
			return "EventID"
		case "channel":
			return "Channel"
		case "provider_name":
			return "Provider_Name"
		case "computer_name":
			return "Computer"
		}
	case system:
		if at := strings.IndexByte(name, '@'); at >= 0 {
			return name[:at] + name[at+1:]
		}
		switch name {
		case "EventID_Qualifiers":
			return ""
		}
	}
	return name
}

func withoutSpaces(s string) string { return strings.ReplaceAll(s, " ", "") }

// pairs reads EventData written as a list of {"Name": …, "Value": …}, or of
// plain texts; the place is at the list's bracket.
func (j *jsonReader) pairs(depth int) error {
	j.at++
	var own []sigma.Value
	for n := 0; ; n++ {
		if more, err := j.more(n, ']'); err != nil {
			return err
		} else if !more {
			break
		}
		if j.peek() != '{' {
			v, err := j.scalar(depth)
			if err != nil {
				return err
			}
			own = append(own, v)
			continue
		}
		if err := j.pair(depth); err != nil {
			return err
		}
	}
	if own != nil {
		j.rec.Set("Data", sigma.ListValue(own))
	}
	return nil
}

// pair reads one {"Name": …, "Value": …}; the place is at its brace.
func (j *jsonReader) pair(depth int) error {
	j.at++
	var name string
	var v sigma.Value
	for n := 0; ; n++ {
		if more, err := j.more(n, '}'); err != nil {
			return err
		} else if !more {
			break
		}
		key, err := j.key()
		if err != nil {
			return err
		}
		read, err := j.scalar(depth + 1)
		if err != nil {
			return err
		}
		switch j.text(key) {
		case "Name", "@Name", "#name", "name":
			name = read.Text()
		case "Value", "#text", "value", "@Value":
			v = read
		}
	}
	if name == "" {
		return nil
	}
	if bytes.IndexByte(unsafeBytes(name), ' ') >= 0 {
		name = withoutSpaces(name)
	}
	j.rec.Set(name, v)
	return nil
}
