package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/db"
)

// Bounds of the work for one subject: at most four plus maxEntities statements,
// each of maxCandidates rows, and maxCompared articles read.
const (
	maxCandidates = 20
	maxEntities   = 10
	maxCompared   = 30
	maxByWords    = 10 // of them, by words alone
	maxQueryWords = 12
	maxMatches    = 10
	minScore      = 0.15
)

// How much each likeness says by itself. They add up like independent hints:
// the score is 1 minus the product of what each leaves open.
const (
	ruleWeight   = 0.5
	textWeight   = 0.5 // when all words of the subject occur
	entityWeight = 0.3 // of an entity that few articles share
	typeWeight   = 0.2
)

// Subject is the case for which similar ones are sought. Unknown parts are empty.
type Subject struct {
	CaseID    string // its own articles are left out
	Title     string
	Summary   string
	Type      string
	Rule      string // id
	RuleTitle string
	Exercise  string // id of its exercise; "" when real
	Entities  []Entity
}

// Entity is a thing that a case names.
type Entity struct{ Kind, Value string }

// Match is something solved that resembles the subject.
type Match struct {
	Kind     string   `json:"kind"` // article
	ID       string   `json:"id"`
	CaseID   string   `json:"case_id"` // the solved case; "" when the article has none
	Title    string   `json:"title"`
	Solution string   `json:"solution"`
	Score    float64  `json:"score"`   // 0..1
	Reasons  []string `json:"reasons"` // "same rule: Repeated failed logins", strongest first
}

// candidate gathers what speaks for an article.
type candidate struct {
	id      string
	open    float64 // what the hints so far leave open, 1..0
	hints   []hint
	byWords bool // among the first that the search for words found
}

type hint struct {
	weight float64
	reason string
}

func (c *candidate) add(weight float64, reason string) {
	c.open *= 1 - weight
	c.hints = append(c.hints, hint{weight, reason})
}

// reasons are the hints in words, the strongest first.
func (c *candidate) reasons() []string {
	slices.SortStableFunc(c.hints, func(a, b hint) int { return cmp.Compare(b.weight, a.weight) })
	out := make([]string, len(c.hints))
	for i, h := range c.hints {
		out[i] = h.reason
	}
	return out
}

// likenesses are the candidates of one subject, by article.
type likenesses map[string]*candidate

func (l likenesses) of(id string) *candidate {
	if l[id] == nil {
		l[id] = &candidate{id: id, open: 1}
	}
	return l[id]
}

func (l likenesses) add(ids []string, weight float64, reason string) {
	for _, id := range ids {
		l.of(id).add(weight, reason)
	}
}

// Similar returns what may help with the subject, the best first, at most ten.
func (s *Service) Similar(ctx context.Context, q db.Querier, subject Subject) ([]Match, error) {
	found, err := gather(ctx, q, subject)
	if err != nil {
		return nil, fmt.Errorf("similar cases: %w", err)
	}
	ids := found.best(maxCompared)
	if len(ids) == 0 {
		return nil, nil
	}
	articles, err := articlesByID(ctx, q, ids)
	if err != nil {
		return nil, fmt.Errorf("similar cases: %w", err)
	}
	stems, written := telling(subject.Title, subject.Summary)
	var out []Match
	slices.SortFunc(articles, func(a, b Article) int { // among equals: what helped more often, then what is newer
		return cmp.Or(cmp.Compare(b.Used, a.Used), b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID))
	})
	for _, a := range articles {
		c := found[a.ID]
		c.compare(stems, written, &a)
		if score := math.Round((1-c.open)*1000) / 1000; score >= minScore {
			out = append(out, Match{Kind: "article", ID: a.ID, CaseID: a.CaseID, Title: a.Title, Solution: a.Solution, Score: score, Reasons: c.reasons()})
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), maxMatches)], nil
}

// gather finds the candidates by each likeness.
func gather(ctx context.Context, q db.Querier, s Subject) (likenesses, error) {
	found := likenesses{}
	if s.Rule != "" {
		ids, err := idsByRule(ctx, q, s, maxCandidates)
		if err != nil {
			return nil, err
		}
		found.add(ids, ruleWeight, "same rule: "+cmp.Or(s.RuleTitle, s.Rule))
	}
	for _, e := range s.Entities[:min(len(s.Entities), maxEntities)] {
		ids, err := idsByEntity(ctx, q, s, e, maxCandidates)
		if err != nil {
			return nil, err
		}
		// What many cases share, a gateway or a domain controller, says little.
		found.add(ids, entityWeight/(1+math.Log2(float64(max(len(ids), 1)))), "same "+e.Kind+" "+e.Value)
	}
	if s.Type != "" {
		ids, err := idsByType(ctx, q, s, maxCandidates)
		if err != nil {
			return nil, err
		}
		found.add(ids, typeWeight, "same type: "+s.Type)
	}
	if words := queryWords(s); len(words) > 0 {
		ids, err := idsByWords(ctx, q, s, words, maxByWords)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			found.of(id).byWords = true // compare weighs the words
		}
	}
	return found, nil
}

// queryWords are the words that look for candidates, those of the title first.
func queryWords(s Subject) []string {
	stems, written := telling(s.Title, s.Summary)
	words := make([]string, 0, maxQueryWords)
	for _, stem := range stems[:min(len(stems), maxQueryWords)] {
		words = append(words, written[stem])
	}
	return words
}

// best are the ids of at most n candidates: those found by words, whose
// likeness is still to be weighed, and the strongest others.
func (l likenesses) best(n int) []string {
	all := make([]*candidate, 0, len(l))
	for _, c := range l {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if a.byWords != b.byWords {
			return map[bool]int{true: -1, false: 1}[a.byWords]
		}
		return cmp.Or(cmp.Compare(a.open, b.open), cmp.Compare(b.id, a.id)) // ids begin with their time: newer first
	})
	ids := make([]string, 0, n)
	for _, c := range all[:min(len(all), n)] {
		ids = append(ids, c.id)
	}
	return ids
}

// compare weighs the words that article and subject share. It counts here, not
// by the engine's rank, so that both engines score alike.
func (c *candidate) compare(stems []string, written map[string]string, a *Article) {
	if len(stems) == 0 {
		return
	}
	_, have := telling(a.Title, a.Symptoms, a.Cause, a.Solution, a.RuleTitle)
	var shared []string
	for _, s := range stems {
		if have[s] != "" {
			shared = append(shared, written[s])
		}
	}
	if len(shared) < min(2, len(stems)) { // one word in common is chance
		return
	}
	share := min(1, float64(len(shared))/float64(min(len(stems), maxQueryWords)))
	if len(shared) > 5 {
		shared = append(shared[:5:5], "…")
	}
	c.add(textWeight*share, "words in common: "+strings.Join(shared, ", "))
}
