package sigma_test

import (
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
