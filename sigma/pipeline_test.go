package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func pipeline(t testing.TB, transformations string) *Pipeline {
	t.Helper()
	p, err := ParsePipeline("p.yml", []byte("name: p\npriority: 10\nvars: {admins: [root, 'adm*'], one: x, port: 22}\ntransformations:\n"+transformations))
	if err != nil {
		t.Fatalf("%v\n%s", err, transformations)
	}
	return p
}

var testLists = map[string][]string{"hosts.txt": {"h1", "h2"}, "admins": {"listed"}, "empty": {}}

func testList(name string) ([]string, error) {
	if l, ok := testLists[name]; ok {
		return l, nil
	}
	return nil, errors.New("there is none")
}

// Each row: transformations, a selection, events of it that hit and that do
// not. An event is "field=value field=value".
func TestTransformations(t *testing.T) {
	for _, c := range []struct {
		name, steps, selection, condition string
		yes, no                           string
	}{
		{"field_name_mapping", "- {type: field_name_mapping, mapping: {a: x}}", "a|contains: v", "sel", "x=wvw", "a=v"},
		{"to several", "- {type: field_name_mapping, mapping: {a: [x, y]}}", "a: v\nb: w", "sel", "x=v,b=w y=v,b=w", "x=v x=v,b=u a=v,b=w"},
		{"to several, not equal", "- {type: field_name_mapping, mapping: {a: [x, y]}}", "a|neq: v", "sel", "x=u,y=u x=u", "x=v,y=u x=u,y=v"},
		{"of references", "- {type: field_name_mapping, mapping: {a: x, b: y}}", "a|fieldref: b", "sel", "x=v,y=v", "x=v,b=v"},
		{"in lists of maps", "- {type: field_name_mapping, mapping: {a: x}}", "- a: v\n- b: w", "sel", "x=v b=w", "a=v"},
		{"keywords have no field", "- {type: field_name_mapping, mapping: {a: x}}", "- v", "sel", "a=v", "a=w"},
		{"field_name_prefix", "- {type: field_name_prefix, prefix: win.}", "a: v", "sel", "win.a=v", "a=v"},
		{"field_name_suffix", "- {type: field_name_suffix, suffix: .keyword}", "a: v", "sel", "a.keyword=v", "a=v"},
		{"field_name_prefix_mapping", "- {type: field_name_prefix_mapping, mapping: {proc.: [p., q.]}}", "proc.name: v", "sel", "p.name=v q.name=v", "proc.name=v"},
		{"field_name_transform", "- {type: field_name_transform, transform_func: snake_case, mapping: {EventID: id}}", "CommandLine: v\nEventID: 1", "sel", "command_line=v,id=1", "CommandLine=v,EventID=1"},
		{"drop_detection_item", "- {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [b]}]}", "a: v\nb: w", "sel", "a=v", "b=w"},
		{"hashes_fields", "- {type: hashes_fields, valid_hash_algos: [MD5, SHA1], field_prefix: File, field_name_conditions: [{type: include_fields, fields: [Hashes]}]}",
			"Hashes|contains: ['SHA1=5F1C', 'md5=987B', 'IMPHASH=1']", "sel", "FileSHA1=5f1c FileMD5=987b", "FileIMPHASH=1 Hashes=SHA1=5F1C"},
		{"wildcard_placeholders", "- {type: wildcard_placeholders}", "a|expand: 'x%admins%y'", "sel", "a=xy a=xzy", "a=x"},
		{"value_placeholders", "- {type: value_placeholders}", "a|expand: '%admins%'", "sel", "a=root a=admin", "a=%admins%"},
		{"inside of a value", "- {type: value_placeholders}", "a|expand|endswith: '@%one%'", "sel", "a=me@x", "a=@xy"},
		{"only some", "- {type: value_placeholders, include: [one]}\n- {type: wildcard_placeholders, exclude: [one]}", "a|expand: ['%one%', 'b%two%']", "sel", "a=x a=bcd", "a=two"},
		{"file_placeholders", "- {type: file_placeholders, path: hosts.txt}", "a|expand: '%hosts%'", "sel", "a=h1 a=H2", "a=h3"},
		{"by the placeholder's name", "- {type: file_placeholders}", "a|expand: '%admins%'", "sel", "a=listed", "a=root"},
		{"add_condition", "- {type: add_condition, conditions: {index: [main, '${product}-2']}, template: true}", "a: v", "sel", "a=v,index=main a=v,index=test-2", "a=v"},
		{"negated, to each condition", "- {type: add_condition, name: extra, conditions: {index: main}, negated: true}", "a: v", "[sel, not sel]", "a=v a=w,index=x", "a=v,index=main a=w,index=main"},
		{"replace_string", `- {type: replace_string, regex: '^(\w+)\.exe$', replacement: '\1.bin'}`, "a: cmd.exe", "sel", "a=cmd.bin", "a=cmd.exe"},
		{"seen with the wildcards of its modifiers", `- {type: replace_string, regex: '^\*x', replacement: 'y'}`, "a|contains: x", "sel", "a=yz", "a=xz"},
		{"skip_special", `- {type: replace_string, regex: '\*', replacement: 'x', skip_special: true}`, `a: 'a\**'`, "sel", "a=axb", "a=a*b"},
		{"map_string", "- {type: map_string, mapping: {low: ['1', '2']}}", "a: low", "sel", "a=1 a=2", "a=low"},
		{"regex", "- {type: regex}", "a|startswith: 'Ab.c'", "sel", "a=aB.cd", "a=abxc a=xab.c"},
		{"regex, plain", "- {type: regex, method: plain}", "a: 'Ab*c'", "sel", "a=Abxc", "a=abxc a=Abcd"},
		{"set_value", "- {type: set_value, value: 7}", "a: v", "sel", "a=7", "a=v"},
		{"convert_type", "- {type: convert_type, target_type: num}", "a: '5'", "sel", "a=5", "a=05"},
		{"case", "- {type: case, method: upper}", "a|cased: vw", "sel", "a=VW", "a=vw"},
		{"nest", "- {type: nest, items: [{type: field_name_mapping, mapping: {a: x}}, {type: field_name_prefix, prefix: p.}]}", "a: v", "sel", "p.x=v", "x=v"},
		{"encodings are passed over", "- {type: case, method: upper}", "a|base64: foobar", "sel", "a=Zm9vYmFy", "a=FOOBAR"},

		{"logsource", "- {type: field_name_mapping, mapping: {a: x}, rule_conditions: [{type: logsource, product: test}]}", "a: v", "sel", "x=v", "a=v"},
		{"another's", "- {type: field_name_mapping, mapping: {a: x}, rule_conditions: [{type: logsource, product: test, service: s}]}", "a: v", "sel", "a=v", "x=v"},
		{"or", "- {type: field_name_mapping, mapping: {a: x}, rule_cond_op: or, rule_conditions: [{type: contains_field, field: z}, {type: tag, tag: attack.t1}]}", "a: v", "sel", "x=v", "a=v"},
		{"not", "- {type: field_name_mapping, mapping: {a: x}, rule_cond_not: true, rule_conditions: [{type: contains_field, field: z}]}", "a: v", "sel", "x=v", "a=v"},
		{"an expression", "- {type: field_name_mapping, mapping: {a: x}, rule_cond_expr: 'f and not (t or c)', rule_conditions: {f: {type: contains_detection_item, field: a, value: v}, t: {type: tag, tag: attack.t2}, c: {type: is_sigma_correlation_rule}}}", "a: v", "sel", "x=v", "a=v"},
		{"rule_attribute", "- {type: field_name_mapping, mapping: {a: x}, rule_conditions: [{type: rule_attribute, attribute: level, op: gte, value: medium}, {type: rule_attribute, attribute: tags, op: in, value: attack.t1}, {type: is_sigma_rule}]}", "a: v", "sel", "x=v", "a=v"},
		{"processing_item_applied", "- {id: one, type: field_name_mapping, mapping: {a: b}}\n- {type: field_name_prefix, prefix: x., rule_conditions: [{type: processing_item_applied, processing_item_id: one}], field_name_conditions: [{type: processing_item_applied, processing_item_id: one}]}",
			"a: v\nc: w", "sel", "x.b=v,c=w", "b=v,c=w x.b=v,x.c=w"},
		{"processing_state", "- {type: set_state, key: k, val: 3}\n- {type: field_name_prefix, prefix: x., rule_conditions: [{type: processing_state, key: k, op: gt, val: 2}]}\n- {type: field_name_prefix, prefix: y., field_name_conditions: [{type: processing_state, key: k, val: 2}]}",
			"a: v", "sel", "x.a=v", "a=v y.x.a=v"},
		{"match_string", "- {type: set_value, value: w, detection_item_conditions: [{type: match_string, pattern: 'ab', cond: any}]}", "a: abc\nb: xab", "sel", "a=w,b=xab", "a=abc,b=xab"},
		{"match_string, all", "- {type: set_value, value: w, detection_item_conditions: [{type: match_string, pattern: 'ab', cond: all}]}", "a: [abc, x]", "sel", "a=abc a=x", "a=w"},
		{"is_null and the rest", "- {type: drop_detection_item, detection_item_cond_op: or, detection_item_conditions: [{type: is_null}, {type: match_value, value: 5}, {type: contains_wildcard}]}", "a: null\nb: 5\nc|contains: x\nd: v", "sel", "d=v,a=1", "a=1"},
		{"include_fields by pattern", "- {type: field_name_prefix, prefix: x., field_name_conditions: [{type: include_fields, mode: re, fields: ['a.*']}]}", "ab: v\nc: w", "sel", "x.ab=v,c=w", "ab=v,c=w"},
		{"exclude_fields", "- {type: field_name_prefix, prefix: x., field_name_conditions: [{type: exclude_fields, fields: [c]}]}", "ab: v\nc: w", "sel", "x.ab=v,c=w", "ab=v,c=w"},
	} {
		o := Options{Pipelines: []*Pipeline{pipeline(t, c.steps)}, List: testList}
		docs, errs := o.Parse("r.yml", []byte("level: high\ntags: [attack.t1]\n"+ruleWith(c.selection, c.condition)))
		if len(errs) > 0 {
			t.Errorf("%s: %v", c.name, errs)
			continue
		}
		for want, events := range map[bool]string{true: c.yes, false: c.no} {
			for _, text := range strings.Fields(events) {
				ev := MapEvent{}
				for _, kv := range strings.Split(text, ",") {
					k, v, _ := strings.Cut(kv, "=")
					ev[k] = StringValue(v)
				}
				if got := docs[0].Rule.Match(ev); got != want {
					t.Errorf("%s on %s: %v, want %v", c.name, text, got, want)
				}
			}
		}
		if docs[0].Hash == docs[0].SourceHash && c.no != "x=v" && c.name != "encodings are passed over" && c.name != "match_string, all" && c.name != "keywords have no field" {
			t.Errorf("%s: the rule is changed, its hash is not", c.name)
		}
	}
}

// What is not about items: the log source, the list of fields, custom keys.
func TestRuleTransformations(t *testing.T) {
	o := Options{Pipelines: []*Pipeline{pipeline(t, `- {type: change_logsource, product: linux, service: sshd}
- {type: add_field, field: [c, d]}
- {type: remove_field, field: a}
- {type: field_name_mapping, mapping: {c: [c1, c2]}}
- {type: set_custom_attribute, attribute: index, value: main}
`)}}
	docs, errs := o.Parse("r.yml", []byte("fields: [a, b]\n"+ruleWith("a: v", "sel")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	d := docs[0]
	if d.Rule.Logsource != (Logsource{Product: "linux", Service: "sshd"}) || !slices.Equal(d.FieldHints, []string{"b", "c1", "c2", "d"}) || d.Custom["index"].Text() != "main" {
		t.Errorf("%+v %v %v", d.Rule.Logsource, d.FieldHints, d.Custom)
	}
}

// Pipelines run by priority, whatever their order in the options.
func TestPipelinePriority(t *testing.T) {
	last, _ := ParsePipeline("last", []byte("priority: 20\ntransformations: [{type: field_name_prefix, prefix: last.}]"))
	first, _ := ParsePipeline("first", []byte("priority: 10\ntransformations: [{type: field_name_prefix, prefix: first.}]\npostprocessing: [{type: embed}]\nfinalizers: []"))
	docs, errs := Options{Pipelines: []*Pipeline{last, first}}.Parse("r.yml", []byte(ruleWith("a: v", "sel")))
	if len(errs) > 0 || !slices.Equal(docs[0].Rule.Fields(), []string{"last.first.a"}) {
		t.Errorf("%v", docs[0].Rule.Fields())
	}
	if len(first.Warnings) != 2 {
		t.Errorf("warnings %v", first.Warnings)
	}
}

// Correlations are over the fields that the rules below them have by then.
func TestPipelinesMapCorrelations(t *testing.T) {
	o := Options{Pipelines: []*Pipeline{pipeline(t, "- {type: field_name_mapping, mapping: {user: user.name, acct: account, v: [value]}, rule_conditions: [{type: logsource, product: x}]}")}}
	docs, errs := o.Parse("c.yml", []byte(base+"type: value_count\n  rules: [fail, ok]\n  group-by: [user, who]\n  aliases: {who: {fail: acct, ok: other}}\n  timespan: 1m\n  condition: {field: v, gte: 2}\n---\ntitle: u\nid: u\nunusual: {type: rare, rules: [fail], field: user, across: acct, condition: {lte: 1}}\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, u := docs[2].Correlation, docs[3].Correlation
	got := fmt.Sprint(c.GroupBy, c.Aliases["who"], c.Fields, u.Fields, u.Unusual.Across)
	if want := "[user.name who] map[fail:account ok:other] [value] [user.name] [account]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPipelinesRejected(t *testing.T) {
	for _, c := range []struct{ pipeline, reason string }{
		{"[a]", "must be a map"},
		{"transformations: {type: nest}", "must be a list"},
		{"transformations: [{type: field_name_magic}]", `unknown transformation "field_name_magic"`},
		{"transformations: [{type: command_placeholders}]", "must not run commands"},
		{"transformations: [{type: http_placeholders}]", "fetch URLs"},
		{"transformations: [{type: query_expression_placeholders}]", "another system's query"},
		{"transformations: [{type: extract_fields}]", "normalised"},
		{"transformations: [{mapping: {a: b}}]", "has no type"},
		{"transformations: [{type: field_name_mapping}]", "needs a map in mapping"},
		{"transformations: [{type: field_name_prefix}]", "needs prefix"},
		{"transformations: [{type: replace_string, regex: '('}]", "missing closing"},
		{"transformations: [{type: case, method: odd}]", "lower, upper or snake_case"},
		{"transformations: [{type: convert_type, target_type: date}]", "str or num"},
		{"transformations: [{type: set_custom_attribute, attribute: detection, value: x}]", "key of Sigma"},
		{"transformations: [{type: value_placeholders, include: [a], exclude: [b]}]", "exclude each other"},
		{"transformations: [{type: rule_failure, message: m, rule_conditions: [{type: odd}]}]", `unknown condition "odd"`},
		{"transformations: [{type: rule_failure, message: m, rule_cond_expr: 'a and b', rule_conditions: {a: {type: is_sigma_rule}}}]", `no selection "b"`},
		{"priority: high", "takes a number"},
	} {
		_, err := ParsePipeline("p.yml", []byte(c.pipeline))
		if err == nil || !strings.Contains(err.Reason, c.reason) || err.File != "p.yml" || err.Line == 0 {
			t.Errorf("%s: %v", c.pipeline, err)
		}
	}
}

// A rule that a pipeline cannot serve is rejected by name, with the reason.
func TestPipelineFailures(t *testing.T) {
	for _, c := range []struct{ steps, selection, reason string }{
		{"- {type: rule_failure, message: not for us, rule_conditions: [{type: logsource, product: test}]}", "a: v", "pipeline p: not for us"},
		{"- {type: detection_item_failure, message: no such field, field_name_conditions: [{type: include_fields, fields: [a]}]}", "a: v", "no such field"},
		{"- {type: field_name_mapping, mapping: {a: x}}\n- {type: strict_field_mapping_failure}", "a: v\nb: w", "no mapping for the fields b"},
		{"- {type: drop_detection_item}", "a: v", `every item of selection "sel"`},
		{"- {type: value_placeholders}", "a|expand: '%nobody%'", `no variable "nobody"`},
		{"- {type: file_placeholders}", "a|expand: '%nobody%'", "there is none"},
		{"- {type: file_placeholders}", "a|expand: '%empty%'", "is empty"},
		{"- {type: hashes_fields, valid_hash_algos: [MD5]}", "Hashes: SHA1=00", "no hash of the kinds"},
		{"- {type: convert_type, target_type: num}", "a: v", "cannot become num"},
		{strings.Repeat("- {type: field_name_mapping, mapping: {a: [a, a]}}\n", 40), "a: v", "makes more than"},
		{strings.Repeat("- {type: replace_string, regex: '[a-z]', replacement: aaaaaaaa}\n", 40), "a: vvvvvvvv", "makes more than"},
		{"- {type: nest, items: [{type: rule_failure, message: inside}]}", "a: v", "inside"},
	} {
		o := Options{Pipelines: []*Pipeline{pipeline(t, c.steps)}, List: testList}
		_, errs := o.Parse("r.yml", []byte(ruleWith(c.selection, "sel")))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, c.reason) || errs[0].Rule == "" || errs[0].Line == 0 {
			t.Errorf("%s: %v", c.steps, errs)
		}
	}
}

// A mapping that changes nothing leaves every public rule as it was; one that
// renames every field hits the renamed events.
func FuzzPipeline(f *testing.F) {
	f.Add("- {type: field_name_mapping, mapping: {a: [x, y]}}", "a|contains: v\nb: [1, null]")
	f.Add("- {type: regex}\n- {type: case, method: upper}", "- a\n- 'b*'")
	f.Add("- {type: nest, items: [{type: drop_detection_item}]}", "'|all': [a, b]")
	f.Fuzz(func(t *testing.T, steps, selection string) {
		p, err := ParsePipeline("p.yml", []byte("vars: {admins: [a]}\ntransformations:\n"+steps))
		if err != nil {
			return
		}
		o := Options{Pipelines: []*Pipeline{p}, List: testList}
		docs, errs := o.Parse("r.yml", []byte(ruleWith(selection, "sel")))
		for _, e := range errs {
			if e.Reason == "" {
				t.Error("an error without a reason")
			}
		}
		for _, d := range docs {
			if d.Rule != nil {
				d.Rule.Match(MapEvent{"a": StringValue("v")})
			}
		}
	})
}
