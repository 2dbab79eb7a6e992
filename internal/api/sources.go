package api

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

type command struct {
	Label   string `json:"label"`
	Command string `json:"command"`
}

type sourceView struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind" enum:"syslog,http"`
	Description string    `json:"description"`
	Created     string    `json:"created"`
	LastEvent   string    `json:"last_event"`
	Events24h   int64     `json:"events_24h"`
	Transport   string    `json:"transport"`
	Commands    []command `json:"commands" doc:"What to type to connect this source."`
	SourceTypes []string  `json:"source_types"`
}

// syslogCommands are what connects a machine by syslog.
func syslogCommands(addr string) []command {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	return []command{
		{"Send one line now", fmt.Sprintf("logger -n %s -P %s -d 'Hello from '$(hostname)", host, port)},
		{"Send one line over TCP", fmt.Sprintf("logger -n %s -P %s -T 'Hello from '$(hostname)", host, port)},
		{"Forward all with rsyslog (a line in /etc/rsyslog.d/90-tocsin.conf)", fmt.Sprintf(`*.* action(type="omfwd" target="%s" port="%s" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" queue.type="linkedList" queue.filename="tocsin" action.resumeRetryCount="-1")`, host, port)},
	}
}

func (s *Server) httpCommands(source, token string) []command {
	return []command{
		{"Send a JSON object", fmt.Sprintf(`curl -H 'Authorization: Bearer %s' --data '{"message":"hello","user":"me"}' %s/ingest/%s`, token, s.BaseURL, source)},
		{"Send a file of lines or NDJSON", fmt.Sprintf(`curl -H 'Authorization: Bearer %s' --data-binary @events.ndjson %s/ingest/%s`, token, s.BaseURL, source)},
	}
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

func (s *Server) sources(r *Router) {
	handle(r, "GET", "/api/v1/sources", auth.SourcesRead, "Where events come from, and how to connect more", func(ctx context.Context, _ *none) (*body[list[sourceView]], error) {
		a, h := s.scope(ctx)
		rows, err := listSources(ctx, h)
		if err != nil {
			return nil, err
		}
		var out []sourceView
		if s.Syslog != "" {
			out = append(out, sourceView{Name: "syslog", Kind: "syslog", Description: "RFC 3164 and RFC 5424 over UDP and TCP", Transport: "udp, tcp " + s.Syslog, Commands: syslogCommands(s.Syslog)})
		}
		for _, x := range rows {
			out = append(out, sourceView{Name: x.name, Kind: "http", Description: x.description, Created: shown(x.created), Transport: "POST " + s.BaseURL + "/ingest/" + x.name, Commands: s.httpCommands(x.name, "<token>")})
		}
		for i := range out {
			if err := s.activity(ctx, a.Tenant, &out[i]); err != nil {
				return nil, err
			}
		}
		return items(out, nil)
	})
	type create struct {
		Body struct {
			Name        string `json:"name" maxLength:"63"`
			Description string `json:"description,omitempty" maxLength:"500"`
		}
	}
	type created struct {
		Source   sourceView `json:"source"`
		Token    string     `json:"token" doc:"Shown once."`
		Commands []command  `json:"commands"`
	}
	handle(r, "POST", "/api/v1/sources", auth.SourcesAdmin, "Add an HTTP source with a token of its own", func(ctx context.Context, in *create) (*body[created], error) {
		a, h := s.scope(ctx)
		if !sourceName.MatchString(in.Body.Name) || in.Body.Name == "syslog" {
			return nil, &problem.Error{Kind: problem.Invalid, Detail: "A source's name has 1 to 63 lower-case letters, digits, dots, dashes or underscores, and is not \"syslog\".", Fields: []problem.Field{{Name: "name", Detail: "lower-case letters, digits, . - _"}}}
		}
		var out created
		err := h.Tx(ctx, func(tx *db.Tx) error {
			have, err := listSources(ctx, tx)
			if err != nil {
				return err
			}
			for _, x := range have {
				if x.name == in.Body.Name {
					return problem.New(problem.Conflict, "There is a source %q already.", x.name)
				}
			}
			t, secret, err := s.Auth.NewToken(ctx, tx, a.Person, "source "+in.Body.Name, []string{"ingest:" + in.Body.Name}, 365*24*time.Hour)
			if err != nil {
				return err
			}
			row := sourceRow{in.Body.Name, in.Body.Description, t.ID, s.Now()}
			if err := insertSource(ctx, tx, row); err != nil {
				return err
			}
			out = created{Token: secret, Commands: s.httpCommands(row.name, secret),
				Source: sourceView{Name: row.name, Kind: "http", Description: row.description, Created: shown(row.created), Transport: "POST " + s.BaseURL + "/ingest/" + row.name, Commands: s.httpCommands(row.name, "<token>"), SourceTypes: []string{}}}
			_, err = s.Record.Append(ctx, tx, record.Entry{Kind: "source.created", Subject: "source", SubjectID: row.name, Data: map[string]any{"token": t.ID}})
			return err
		})
		return answer(out, err)
	})
}

// activity fills in what came from a source in the last day.
func (s *Server) activity(ctx context.Context, t tenant.ID, v *sourceView) error {
	v.SourceTypes = []string{}
	now := s.Now()
	x, err := query.Parse(`source:"`+v.Name+`"`, now)
	if err != nil {
		return err
	}
	from, to := now.Add(-days(1)).UnixNano(), now.Add(time.Hour).UnixNano()
	top, err := s.Events.TopValues(ctx, t, x, from, to, "source_type", 20)
	if err != nil {
		return err
	}
	for _, tv := range top.Values {
		v.Events24h += tv.Count
		v.SourceTypes = append(v.SourceTypes, tv.Value)
	}
	page, err := s.Events.Search(ctx, t, eventstore.Request{Query: x, From: from, To: to, Limit: 1})
	if err == nil && len(page.Rows) > 0 {
		v.LastEvent = shownNanos(page.Rows[0].Time)
	}
	return err
}
