package query

import (
	"reflect"
	"testing"
)

// One thing has three names: the one of the Elastic Common Schema, of OCSF and
// of Sigma's rules. Whichever is typed, the tree is the same.
func TestThreeSpellingsAreOneField(t *testing.T) {
	for own, spellings := range map[string][]string{
		"user.name:x":                        {"actor.user.name:x", "SubjectUserName:x", "cs-username:x", "USER:x"},
		"user.domain:x":                      {"actor.user.domain:x", "SubjectDomainName:x"},
		"target_user.name:x":                 {"user.target.name:x", "TargetUserName:x"},
		"session.id:x":                       {"session.uid:x", "LogonId:x"},
		"host.name:x":                        {"host.hostname:x", "device.hostname:x", "Computer:x"},
		"src.ip:10.0.0.0/8":                  {"source.ip:10.0.0.0/8", "src_endpoint.ip:10.0.0.0/8", "SourceIp:10.0.0.0/8", "c-ip:10.0.0.0/8"},
		"src.port:>=1024":                    {"source.port:>=1024", "src_endpoint.port:>=1024", "SourcePort:>=1024", "IpPort:>=1024"},
		"src.host:x":                         {"source.domain:x", "src_endpoint.hostname:x", "WorkstationName:x", "SourceHostname:x"},
		"dst.ip:::1":                         {"destination.ip:::1", "dst_endpoint.ip:::1", "DestinationIp:::1"},
		"dst.port:443":                       {"destination.port:443", "dst_endpoint.port:443", "DestinationPort:443"},
		"dst.host:x":                         {"destination.domain:x", "dst_endpoint.hostname:x", "DestinationHostname:x"},
		`process.path:*\\cmd.exe`:            {`process.executable:*\\cmd.exe`, `process.file.path:*\\cmd.exe`, `Image:*\\cmd.exe`},
		"process.cmd:*enc*":                  {"process.command_line:*enc*", "process.cmd_line:*enc*", "CommandLine:*enc*"},
		"process.pid:4":                      {"pid:4", "ProcessId:4"},
		"parent.path:x":                      {"process.parent.executable:x", "process.parent_process.file.path:x", "ParentImage:x"},
		"parent.cmd:x":                       {"process.parent.command_line:x", "process.parent_process.cmd_line:x", "ParentCommandLine:x"},
		"file.path:x":                        {"file:x", "TargetFilename:x"},
		"file.hash:x":                        {"file.hash.sha256:x", "file.hashes.value:x", "Hashes:x"},
		"registry.key:x":                     {"registry.path:x", "reg_key.path:x", "TargetObject:x"},
		"url.path:x":                         {"http_request.url.path:x", "cs-uri-stem:x"},
		"url.query:x":                        {"http_request.url.query_string:x", "cs-uri-query:x"},
		"domain:x":                           {"dns.question.name:x", "query.hostname:x", "QueryName:x"},
		"http.method:GET":                    {"http.request.method:GET", "http_request.http_method:GET", "cs-method:GET"},
		"http.status:[400 TO 499]":           {"http.response.status_code:[400 TO 499]", "http_response.code:[400 TO 499]", "sc-status:[400 TO 499]"},
		"http.user_agent:x":                  {"user_agent.original:x", "http_request.user_agent:x", "c-useragent:x"},
		"service.name:x":                     {"service:x", "ServiceName:x"},
		"signature.name:x":                   {"rule.name:x", "finding_info.title:x", "ThreatName:x"},
		"action:x":                           {"event.action:x", "activity_name:x"},
		"bytes.out:>1000":                    {"http.response.bytes:>1000", "traffic.bytes_out:>1000", "sc-bytes:>1000"},
		"time:>now-1h":                       {"@timestamp:>now-1h"},
		"outcome:failure":                    {"event.outcome:failure", "status:failure"},
		"severity:>=4":                       {"severity_id:>=4"},
		"class:3002":                         {"class_uid:3002", "class_name:authentication"},
		"message:x":                          {"msg:x"},
		"raw:x":                              {"event.original:x", "raw_data:x"},
		"x | count by user.name":             {"x | count by actor.user.name", "x | count by SubjectUserName"},
		"x | stats sum(bytes.out) by dst.ip": {"x | stats sum(http.response.bytes) by destination.ip", "x | stats sum(traffic.bytes_out) by dst_endpoint.ip", "x | stats sum(sc-bytes) by DestinationIp"},
	} {
		want, err := ParseQuery(own, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range spellings {
			got, err := ParseQuery(s, now, nil)
			if err != nil {
				t.Errorf("%s: %v", s, err)
				continue
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %s, not %s", s, got, want)
			}
		}
	}
}
