package cases_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// do holds each verb with a valid form.
var do = map[string]func(k *desk, ctx context.Context, tx *db.Tx, c, other cases.Case) error{
	"acknowledge": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Acknowledge(ctx, tx, c.ID, c.Version)
		return err
	},
	"assign": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Assign(ctx, tx, c.ID, c.Version, "bob")
		return err
	},
	"assess": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Assess(ctx, tx, c.ID, c.Version, false, cases.Assessment{Reason: "looks bad"})
		return err
	},
	"confirm": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Confirm(ctx, tx, c.ID, c.Version, false, "")
		return err
	},
	"classify": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Classify(ctx, tx, c.ID, c.Version, false, incident)
		return err
	},
	"dismiss": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Dismiss(ctx, tx, c.ID, c.Version, cases.Benign, "a test")
		return err
	},
	"duplicate": func(k *desk, ctx context.Context, tx *db.Tx, c, other cases.Case) error {
		_, err := k.MarkDuplicate(ctx, tx, c.ID, c.Version, other.Label(), "the same")
		return err
	},
	"snooze": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Snooze(ctx, tx, c.ID, c.Version, k.now.Add(time.Hour), "later")
		return err
	},
	"handle": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Handle(ctx, tx, c.ID, c.Version, "alone", "")
		return err
	},
	"resolve": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Resolve(ctx, tx, c.ID, c.Version, "worn cable", "new cable", true)
		return err
	},
	"close": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Close(ctx, tx, c.ID, c.Version, true, closing)
		return err
	},
	"review": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Review(ctx, tx, c.ID, c.Version, true, "keep spares", "buy spares")
		return err
	},
	"reopen": func(k *desk, ctx context.Context, tx *db.Tx, c, _ cases.Case) error {
		_, err := k.Reopen(ctx, tx, c.ID, c.Version, "it came back")
		return err
	},
}

// The table of the life cycle: where each verb leads from each state; a dot is
// a refusal. An undecided case opened by hand has nothing to confirm.
func TestVerbsAndStates(t *testing.T) {
	table := map[string]string{
		//             reported   assessing  classified handling   resolved   closed    reviewed
		"acknowledge": "assessing  assessing  classified handling   resolved   .         .",
		"assign":      "assessing  assessing  classified handling   resolved   .         .",
		"assess":      "assessing  assessing  classified handling   resolved   .         .",
		"confirm":     ".          .          .          .          .          .         .",
		"classify":    "classified classified classified handling   .          .         .",
		"dismiss":     "closed     closed     closed     .          .          .         .",
		"duplicate":   "closed     closed     closed     .          .          .         .",
		"snooze":      "reported   assessing  .          .          .          .         .",
		"handle":      ".          .          handling   .          .          .         .",
		"resolve":     ".          .          .          .          .          .         .",
		"close":       ".          .          .          .          closed     .         .",
		"review":      ".          .          .          .          .          reviewed  .",
		"reopen":      ".          .          .          .          assessing  assessing assessing",
	}
	if len(table) != len(cases.Verbs) || len(do) != len(cases.Verbs) {
		t.Fatalf("%d verbs, %d rows, %d calls", len(cases.Verbs), len(table), len(do))
	}
	both(t, func(k *desk) {
		other := k.at(cases.Assessing)
		for _, v := range cases.Verbs {
			row := strings.Fields(table[v.Name])
			for i, state := range cases.States {
				c := k.at(state)
				if c.State != state {
					k.Fatalf("made a case that is %s, want %s", c.State, state)
				}
				before := len(k.kinds(c.ID))
				err := k.as("ann", func(ctx context.Context, tx *db.Tx) error { return do[v.Name](k, ctx, tx, c, other) })
				after := k.get(c.ID)
				if row[i] == "." {
					if !problem.Is(err, problem.GuardRefused) || after.State != state || after.Version != c.Version || len(k.kinds(c.ID)) != before {
						k.Errorf("%s a case that is %s: %v, then %s; want a refusal that changes nothing", v.Name, state, err, after.State)
					}
					continue
				}
				if err != nil || string(after.State) != row[i] || after.Version == c.Version || len(k.kinds(c.ID)) == before {
					k.Errorf("%s a case that is %s: %v, then %s; want %s, a new version and an entry of the record", v.Name, state, err, after.State, row[i])
				}
				stale := k.as("ann", func(ctx context.Context, tx *db.Tx) error { return do[v.Name](k, ctx, tx, c, other) })
				if !problem.Is(stale, problem.Stale) {
					k.Errorf("%s with an old version: %v, want stale", v.Name, stale)
				}
			}
		}
	})
}

// Each guard names what is still missing.
func TestGuardsSayWhatIsMissing(t *testing.T) {
	both(t, func(k *desk) {
		says := func(what string, state cases.State, try func(ctx context.Context, tx *db.Tx, c cases.Case) error, want ...string) {
			k.Helper()
			c := k.at(state)
			got := k.refused(problem.GuardRefused, func(ctx context.Context, tx *db.Tx) error { return try(ctx, tx, c) })
			for _, w := range want {
				if !slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, w) }) {
					k.Errorf("%s: missing %q, want %q among them", what, got, w)
				}
			}
			if len(got) != len(want) {
				k.Errorf("%s: missing %q, want %d lines", what, got, len(want))
			}
		}
		says("an empty classification", cases.Assessing, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Classify(ctx, tx, c.ID, 0, false, cases.Decision{})
			return err
		}, "a decision", "impact and urgency", "a type", "a reason")
		says("event only, without a reason", cases.Assessing, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Classify(ctx, tx, c.ID, 0, false, cases.Decision{Assessment: cases.Assessment{Decision: classify.EventOnly, Type: "x"}})
			return err
		}, "a reason")
		says("dismissing without anything", cases.Reported, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Dismiss(ctx, tx, c.ID, 0, "", "")
			return err
		}, "a disposition", "a reason")
		says("snoozing for ever", cases.Reported, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Snooze(ctx, tx, c.ID, 0, k.now.Add(40*24*time.Hour), "")
			return err
		}, "a reason", "31 days")
		says("handling without the question answered", cases.Classified, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Handle(ctx, tx, c.ID, 0, "", "")
			return err
		}, "third parties")
		says("handling with others unnamed", cases.Classified, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Handle(ctx, tx, c.ID, 0, "third_parties", "")
			return err
		}, "who helps")
		says("resolving with nothing done", cases.Handling, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Resolve(ctx, tx, c.ID, 0, "", "", false)
			return err
		}, "action with its result", "the cause", "the solution")
		says("closing with nothing said", cases.Resolved, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Close(ctx, tx, c.ID, 0, true, cases.Closing{})
			return err
		}, "closing statement", "the cost", "the impact on the business", "the lessons")
		says("closing while an action is planned", cases.Resolved, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			if _, err := k.AddAction(ctx, tx, c.ID, cases.Action{Phase: "recover", What: "clean up", State: "planned"}); err != nil {
				return err
			}
			_, err := k.Close(ctx, tx, c.ID, 0, true, closing)
			return err
		}, "every planned action")
		says("the handler closes a serious case alone", cases.Resolved, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Close(ctx, tx, c.ID, 0, false, closing)
			return err
		}, "somebody else than the handler")
		says("a review by somebody who is no manager", cases.Closed, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.Review(ctx, tx, c.ID, 0, false, "", "")
			return err
		}, "a manager", "the lessons", "improvements")
		says("a duplicate of itself", cases.Reported, func(ctx context.Context, tx *db.Tx, c cases.Case) error {
			_, err := k.MarkDuplicate(ctx, tx, c.ID, 0, c.Label(), "the same")
			return err
		}, "another case")
		c := k.at(cases.Reported)
		k.refused(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
			_, err := k.MarkDuplicate(ctx, tx, c.ID, 0, "CASE-many", "the same")
			return err
		})
	})
}

func TestSomebodyElseMayCloseASeriousCase(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Resolved)
		if err := k.as("bob", func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Close(ctx, tx, c.ID, 0, false, closing)
			return err
		}); err != nil {
			k.Fatal(err)
		}
		if len(k.articles) != 1 || k.articles[0] != "a new cable" {
			k.Errorf("closing made the articles %q", k.articles)
		}
	})
}

// Closing, the reporter's message and the article are one transaction.
func TestClosingTellsTheReporterInTheSameTransaction(t *testing.T) {
	both(t, func(k *desk) {
		c := k.advance(k.report(cases.NewReport{Email: "rita@example.org"}).ID, cases.Resolved)
		k.broken = errors.New("no room for messages")
		if err := k.as("ann", func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Close(ctx, tx, c.ID, 0, true, closing)
			return err
		}); err == nil {
			k.Fatal("closed without telling the reporter")
		}
		if got := k.get(c.ID); got.State != cases.Resolved || k.recorded(c.ID, "case.closed") {
			k.Fatalf("half closed: %s", got.State)
		}
		k.broken, k.told = nil, nil
		k.advance(c.ID, cases.Closed)
		if len(k.told) != 1 || !strings.Contains(k.told[0], "is closed") || !strings.Contains(k.told[0], "all is well") {
			k.Errorf("the reporter was told %q", k.told)
		}
		rs, err := cases.ReportsOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || rs[0].InformedClosing.IsZero() || rs[0].Waiver != "" {
			k.Errorf("%+v %v", rs, err)
		}
	})
}

func TestAReporterIsToldOfEachChangeOfStatus(t *testing.T) {
	both(t, func(k *desk) {
		c := k.report(cases.NewReport{Email: "rita@example.org"})
		k.advance(c.ID, cases.Closed)
		k.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Reopen(ctx, tx, c.ID, 0, "it came back")
			return err
		})
		want := []string{"was received", "is being looked at", "was classified as an incident", "is being treated", "is resolved", "is closed", "was opened again"}
		if len(k.told) != len(want) {
			k.Fatalf("told %d times: %q", len(k.told), k.told)
		}
		for i, w := range want {
			if !strings.Contains(k.told[i], w) {
				k.Errorf("message %d is %q, want %q", i, k.told[i], w)
			}
		}
		for _, how := range []string{"assign", "assess"} { // either begins the assessment
			k.told = nil
			c := k.report(cases.NewReport{Email: "rita@example.org"})
			k.must(func(ctx context.Context, tx *db.Tx) error { return do[how](k, ctx, tx, c, c) })
			if len(k.told) != 2 || !strings.Contains(k.told[1], "is being looked at") {
				k.Errorf("%s: told %q", how, k.told)
			}
		}
	})
}

func TestAReporterWhoCannotBeReachedNeedsAWaiver(t *testing.T) {
	both(t, func(k *desk) {
		c := k.advance(k.report(cases.NewReport{}).ID, cases.Resolved)
		f := closing
		f.Waiver = ""
		if got := k.refused(problem.GuardRefused, func(ctx context.Context, tx *db.Tx) error { _, err := k.Close(ctx, tx, c.ID, 0, true, f); return err }); !strings.Contains(fmt.Sprint(got), "waiver") {
			k.Errorf("missing %q", got)
		}
		k.advance(c.ID, cases.Closed)
		rs, err := cases.ReportsOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || rs[0].Waiver != "they left no address" || !rs[0].InformedClosing.IsZero() {
			k.Errorf("%+v %v", rs, err)
		}
		if n := len(rs[0].Updates); n < 5 {
			k.Errorf("the tracking page has %d messages", n)
		}
	})
}

func TestADuplicateTakesItsReportersAlong(t *testing.T) {
	both(t, func(k *desk) {
		other, c := k.at(cases.Assessing), k.report(cases.NewReport{Email: "rita@example.org"})
		k.told = nil
		k.must(func(ctx context.Context, tx *db.Tx) error { return do["duplicate"](k, ctx, tx, c, other) })
		if len(k.told) != 1 || !strings.Contains(k.told[0], other.Label()) {
			k.Errorf("the reporter was told %q", k.told)
		}
		rs, err := cases.ReportsOf(k.Context(), k.db.For(1, "ann"), other.ID)
		if err != nil || len(rs) != 1 || !k.recorded(other.ID, "case.duplicate_joined") {
			k.Errorf("%d reports moved, %v", len(rs), err)
		}
		if got := k.get(c.ID); got.Disposition != cases.Duplicate || got.Detail.DuplicateOf != other.ID {
			k.Errorf("%+v", got)
		}
		third := k.at(cases.Reported)
		k.refused(problem.GuardRefused, func(ctx context.Context, tx *db.Tx) error { return do["duplicate"](k, ctx, tx, third, c) })
		k.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Reopen(ctx, tx, c.ID, 0, "not the same at all")
			return err
		})
		if got := k.get(c.ID); got.Disposition != "" || got.Detail.DuplicateOf != "" {
			k.Errorf("reopened and still a duplicate: %+v", got)
		}
	})
}

func TestNotesKeepTheirRevisionsAndRefuseStaleEdits(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Reported)
		var n cases.Note
		k.must(func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = k.AddNote(ctx, tx, c.ID, "first")
			return err
		})
		edit := func(version int64, body string) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error { return k.EditNote(ctx, tx, n.ID, version, body) }
		}
		k.must(edit(1, "second"))
		k.refused(problem.Stale, edit(1, "third"))
		k.refused(problem.Invalid, edit(2, " "))
		k.refused(problem.NotFound, func(ctx context.Context, tx *db.Tx) error { return k.EditNote(ctx, tx, "absent", 1, "x") })
		notes, err := cases.NotesOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || len(notes) != 1 || notes[0].Body != "second" || notes[0].Version != 2 {
			k.Errorf("%+v %v", notes, err)
		}
		var old string
		if err := k.db.For(1, "ann").QueryRow(k.Context(), "SELECT body FROM note_revision WHERE tenant = :tenant AND note = ? AND version = 1", n.ID).Scan(&old); err != nil || old != "first" {
			k.Errorf("the first revision is %q, %v", old, err)
		}
	})
}

func TestActionsHaveResultsAndVersions(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Handling)
		add := func(a cases.Action) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error { _, err := k.AddAction(ctx, tx, c.ID, a); return err }
		}
		k.refused(problem.Invalid, add(cases.Action{Phase: "guess", What: "something", State: "planned"}))
		k.refused(problem.Invalid, add(cases.Action{Phase: "contain", What: "something", State: "done"}))
		k.refused(problem.Invalid, add(cases.Action{Phase: "contain", What: "x", State: "planned"}))
		k.must(add(cases.Action{Phase: "contain", What: "block it", State: "planned"}))
		as, err := cases.ActionsOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || len(as) != 1 {
			k.Fatal(as, err)
		}
		finish := func(id string, version int64) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				return k.FinishAction(ctx, tx, id, version, "blocked", "done")
			}
		}
		k.refused(problem.NotFound, finish("absent", 1))
		k.must(finish(as[0].ID, 1))
		k.refused(problem.Stale, finish(as[0].ID, 1))
		k.advance(c.ID, cases.Closed)
		k.refused(problem.Conflict, finish(as[0].ID, 2))
		k.refused(problem.Conflict, add(cases.Action{Phase: "contain", What: "block it", State: "planned"}))
	})
}
