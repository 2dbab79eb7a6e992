package oncall

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// page pages everyone whom the run's step names, on all their contact points,
// and returns how many pages that made. Whom it does not reach, and why, is
// recorded.
func (s *Service) page(ctx context.Context, tx *db.Tx, r Run) (int, error) {
	people, err := s.targets(ctx, tx, r.plan.Steps[r.at.step])
	if err != nil {
		return 0, err
	}
	pages := 0
	var reached []string
	missed := map[string]string{}
	for _, p := range people {
		n, why, err := s.pagePerson(ctx, tx, r, p)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			missed[p] = why
			continue
		}
		pages += n
		reached = append(reached, p)
	}
	where := map[string]any{"step": r.at.step + 1, "round": r.at.round + 1}
	if pages == 0 {
		where["reason"], where["people"] = "nobody is on call", missed
		if len(missed) > 0 {
			where["reason"] = "nobody of those on call can be paged"
		}
		return 0, s.recordRun(ctx, tx, r, "page.nobody", where)
	}
	where["people"], where["pages"] = reached, pages
	if len(missed) > 0 {
		where["missed"] = missed
	}
	return pages, s.recordRun(ctx, tx, r, "escalation.step", where)
}

// targets resolves a step to people, each once, in the step's order.
func (s *Service) targets(ctx context.Context, tx *db.Tx, st Step) ([]string, error) {
	var out []string
	for _, t := range st.Targets {
		people := []string{t.ID}
		if t.Kind == TargetSchedule {
			var err error
			if people, err = s.onCall(ctx, tx, t.ID); err != nil {
				return nil, err
			}
		}
		for _, p := range people {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// onCall is who is on call on a schedule now; a schedule that was deleted
// since the run began has nobody.
func (s *Service) onCall(ctx context.Context, q db.Querier, schedule string) ([]string, error) {
	sc, err := GetSchedule(ctx, q, schedule)
	if problem.Is(err, problem.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read schedule %s: %w", schedule, err)
	}
	overrides, err := Overrides(ctx, q, schedule, s.Clock())
	if err != nil {
		return nil, fmt.Errorf("read the overrides of %s: %w", schedule, err)
	}
	return On(sc.Rotation, overrides, s.Clock()), nil
}

// pagePerson queues a page to each contact point; 0 pages come with the reason.
func (s *Service) pagePerson(ctx context.Context, tx *db.Tx, r Run, person string) (n int, why string, err error) {
	c := r.plan.Case
	if !c.takesPart(person) {
		return 0, "does not take part in the exercise", nil
	}
	active, err := s.Roster.Active(ctx, tx, person)
	if err != nil {
		return 0, "", fmt.Errorf("look up a person: %w", err)
	}
	if !active {
		return 0, "has no active account", nil
	}
	contacts, err := Contacts(ctx, tx, person)
	if err != nil {
		return 0, "", fmt.Errorf("read the contact points: %w", err)
	}
	if len(contacts) == 0 {
		return 0, "has no contact point", nil
	}
	p := Page{Kind: "page", RecipientKind: ContactPoint, Run: r.ID, CaseID: c.ID, Exercise: c.Exercise, Subject: r.Subject, Priority: priority(c.Level),
		Body: body(c, "Acknowledge to take it on; until somebody does, the escalation goes on."),
		Link: s.Links.Sign(tx.Scope().Tenant, r.ID, person, s.Clock())}
	for _, ct := range contacts {
		p.Channel, p.Recipient = ct.Channel, ct.ID
		if _, err := s.Outbox.Queue(ctx, tx, p); err != nil {
			return 0, "", fmt.Errorf("page: %w", err)
		}
	}
	return len(contacts), "", nil
}

// tellManagers sends the managers what an escalation could not do. Their link
// acknowledges the run as well. It returns whom it has reached.
func (s *Service) tellManagers(ctx context.Context, tx *db.Tx, r Run, why string) ([]string, error) {
	managers, err := s.Roster.Managers(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("look up the managers: %w", err)
	}
	c := r.plan.Case
	reached := []string{}
	for _, m := range managers {
		if !c.takesPart(m) {
			continue
		}
		contacts, err := Contacts(ctx, tx, m)
		if err != nil {
			return nil, fmt.Errorf("read the contact points: %w", err)
		}
		for _, ct := range contacts {
			p := Page{Kind: "page", Channel: ct.Channel, Recipient: ct.ID, RecipientKind: ContactPoint, Run: r.ID, CaseID: c.ID, Exercise: c.Exercise, Priority: 5,
				Subject: "Nobody has taken on " + r.Subject, Body: body(c, "The escalation has reached nobody: "+why+". You are told because you manage incidents."),
				Link: s.Links.Sign(tx.Scope().Tenant, r.ID, m, s.Clock())}
			if _, err := s.Outbox.Queue(ctx, tx, p); err != nil {
				return nil, fmt.Errorf("tell a manager: %w", err)
			}
		}
		if len(contacts) > 0 {
			reached = append(reached, m)
		}
	}
	return reached, nil
}

func body(c Case, closing string) string {
	var b strings.Builder
	if c.Exercise != "" {
		b.WriteString("This is an exercise.\n\n")
	}
	fmt.Fprintf(&b, "%s: %s\nPriority: %s\n", c.Number, c.Title, c.Level)
	if c.Summary != "" {
		b.WriteString("\n" + c.Summary + "\n")
	}
	b.WriteString("\n" + closing + "\n")
	return b.String()
}

// priority of a page, on the scale of push services: 5 breaks through silence.
func priority(level string) int {
	switch level {
	case "critical":
		return 5
	case "serious":
		return 4
	}
	return 3
}
