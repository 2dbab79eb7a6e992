package sigma_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

const rules = `title: Encoded PowerShell
id: 0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a001
logsource: {category: process_creation, product: windows}
detection:
  shell: {Image|endswith: '\powershell.exe'}
  encoded: {CommandLine|windash|contains: ' -enc '}
  condition: shell and encoded
level: high
---
title: Login failed
name: login-failed
logsource: {product: linux}
detection:
  failed: ['Failed password']
  condition: failed
---
title: Repeated failed logins
name: repeated
correlation:
  type: event_count
  rules: [login-failed]
  group-by: [user]
  timespan: 1m
  condition: {gte: 3}
`

func ExampleRule_Match() {
	docs, errs := sigma.Parse("rules.yml", []byte(rules))
	if len(errs) > 0 {
		fmt.Println(errs[0])
		return
	}
	event := sigma.MapEvent{
		"Image":       sigma.StringValue(`C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.exe`),
		"CommandLine": sigma.StringValue("powershell /enc SQBFAFgA"),
	}
	fmt.Println(docs[0].Rule.Match(event))
	for _, f := range docs[0].Rule.Explain(event).MatchedFields() {
		fmt.Println(f.Field, "=", f.Value.Text())
	}
	// Output:
	// true
	// Image = C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.exe
	// CommandLine = powershell /enc SQBFAFgA
}

func ExampleParse_errors() {
	_, errs := sigma.Parse("bad.yml", []byte("title: Typo\nlogsource: {product: x}\ndetection:\n  a:\n    f|contians: x\n  condition: a\n"))
	fmt.Println(errs[0])
	// Output:
	// bad.yml:5:5: unknown modifier "contians"
}

func ExampleCorrelator() {
	docs, _ := sigma.Parse("rules.yml", []byte(rules))
	correlator, _ := sigma.NewCorrelator(docs, sigma.Limits{})
	event := sigma.MapEvent{"user": sigma.StringValue("root"), "message": sigma.StringValue("Failed password for root")}
	for i := range 4 {
		if !docs[1].Rule.Match(event) {
			continue
		}
		m := sigma.Match{Rule: "login-failed", Time: int64(i) * int64(time.Second), Event: event}
		correlator.Feed(m, func(f sigma.Firing) {
			fmt.Println(f.Correlation.Title, f.Group[0].Value.Text(), f.Count, f.Fired)
		})
	}
	// Output:
	// Repeated failed logins root 3 true
	// Repeated failed logins root 4 false
}

func ExampleApplyFilters() {
	docs, errs := sigma.Parse("rules.yml", []byte(`title: Administrator logs on
id: 0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a010
logsource: {product: windows}
detection: {logon: {EventID: 4624}, condition: logon}
---
title: Not the backup account
logsource: {product: windows}
filter:
  rules: [0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a010]
  backup: {TargetUserName: svc-backup}
  condition: not backup
`))
	if len(errs) > 0 {
		fmt.Println(errs[0])
		return
	}
	docs, _ = sigma.ApplyFilters(docs, sigma.FilterAsWritten)
	for _, user := range []string{"alice", "svc-backup"} {
		event := sigma.MapEvent{"EventID": sigma.IntValue(4624), "TargetUserName": sigma.StringValue(user)}
		fmt.Println(user, docs[0].Rule.Match(event))
	}
	fmt.Println(docs[0].Filters)
	// Output:
	// alice true
	// svc-backup false
	// [Not the backup account]
}

func ExampleParsePipeline() {
	pipeline, err := sigma.ParsePipeline("ecs.yml", []byte(`name: Windows to ECS
priority: 20
transformations:
  - id: fields
    type: field_name_mapping
    mapping: {Image: [process.executable, process.path]}
    rule_conditions: [{type: logsource, product: windows}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	docs, _ := sigma.Options{Pipelines: []*sigma.Pipeline{pipeline}}.Parse("rules.yml", []byte(`title: Netcat
logsource: {product: windows, category: process_creation}
detection: {nc: {Image|endswith: '\nc.exe'}, condition: nc}
`))
	fmt.Println(docs[0].Rule.Fields())
	fmt.Println(docs[0].Rule.Match(sigma.MapEvent{"process.path": sigma.StringValue(`C:\tools\nc.exe`)}))
	// Output:
	// [process.executable process.path]
	// true
}

func ExampleCorrelator_unusual() {
	docs, errs := sigma.Parse("unusual.yml", []byte(`title: Login
name: login
logsource: {category: authentication}
detection: {ok: {outcome: success}, condition: ok}
---
title: First login of this user on this host
id: 0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a020
level: medium
unusual:
  type: first_seen
  rules: [login]
  group-by: [user.name]
  field: host.name
  memory: 60d
  learn: 7d
`))
	if len(errs) > 0 {
		fmt.Println(errs[0])
		return
	}
	correlator, _ := sigma.NewCorrelator(docs, sigma.Limits{})
	for day, host := range []string{"db1", "db2", "db1", "db1", "db1", "db2", "db1", "db1", "db7"} {
		correlator.Feed(sigma.Match{
			Rule: "login", Time: int64(day) * int64(24*time.Hour),
			Event: sigma.MapEvent{"user.name": sigma.StringValue("alice"), "host.name": sigma.StringValue(host)},
		}, func(f sigma.Firing) { fmt.Println(f.Why) })
	}
	// Output:
	// first time in 8 days that user alice is seen with host db7 (2 other hosts known)
}

func ExampleCorrelator_Snapshot() {
	docs, _ := sigma.Parse("rules.yml", []byte(rules))
	feed := func(c *sigma.Correlator, second int) {
		m := sigma.Match{Rule: "login-failed", Time: int64(second) * int64(time.Second), Event: sigma.MapEvent{"user": sigma.StringValue("root")}}
		c.Feed(m, func(f sigma.Firing) { fmt.Println(f.Correlation.Title, f.Count) })
	}
	before, _ := sigma.NewCorrelator(docs, sigma.Limits{})
	feed(before, 0)
	feed(before, 1)
	var state bytes.Buffer
	if err := before.Snapshot(&state); err != nil {
		fmt.Println(err)
		return
	}
	after, _ := sigma.NewCorrelator(docs, sigma.Limits{})
	fmt.Println(after.Restore(&state))
	feed(after, 2)
	// Output:
	// 1 <nil>
	// Repeated failed logins 3
}

// Thousands of rules are matched at once.
func ExampleMatcher() {
	docs, _ := sigma.Parse("rules.yml", []byte(rules))
	matcher := sigma.NewMatcher([]*sigma.Rule{docs[0].Rule, docs[1].Rule}, sigma.MatcherOptions{})
	record, scratch := matcher.NewRecord(), matcher.NewScratch() // one of each a goroutine

	record.Reset()
	record.Set("Image", sigma.StringValue(`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`))
	record.Set("CommandLine", sigma.StringValue("powershell –enc SQBFAFgA"))
	class := matcher.Class([]sigma.Logsource{{Category: "process_creation", Product: "windows"}})
	for _, n := range class.Match(record, scratch, nil) {
		fmt.Println(matcher.Rules()[n].Title)
	}
	// Output:
	// Encoded PowerShell
}
