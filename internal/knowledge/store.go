package knowledge

import (
	"context"
	"strings"

	"github.com/tocsin-project/tocsin/internal/db"
)

const articleColumns = `a.id, a.case_id, a.exercise, a.title, a.type, a.symptoms, a.cause, a.solution, a.rule, a.rule_title, a.author, a.version, a.created, a.updated, a.used, a.text_row`

func scanArticle(s db.Scanner) (Article, error) {
	var a Article
	var created, updated int64
	err := s.Scan(&a.ID, &a.CaseID, &a.Exercise, &a.Title, &a.Type, &a.Symptoms, &a.Cause, &a.Solution, &a.Rule, &a.RuleTitle, &a.Author, &a.Version, &created, &updated, &a.Used, &a.textRow)
	a.Created, a.Updated = db.Time(created), db.Time(updated)
	return a, err
}

func articleByID(ctx context.Context, q db.Querier, id string) (Article, error) {
	return db.One(ctx, q, "article", scanArticle, "SELECT "+articleColumns+" FROM article a WHERE a.tenant = :tenant AND a.id = ?", id)
}

func insertArticle(ctx context.Context, tx *db.Tx, a *Article) error {
	_, err := tx.Exec(ctx, `INSERT INTO article (tenant, id, case_id, exercise, title, type, symptoms, cause, solution, rule, rule_title, author, version, created, updated, text_row)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.CaseID, a.Exercise, a.Title, a.Type, a.Symptoms, a.Cause, a.Solution, a.Rule, a.RuleTitle, a.Author, a.Version, db.Micros(a.Created), db.Micros(a.Updated), a.textRow)
	if err != nil {
		return err
	}
	return insertText(ctx, tx, a)
}

// updateArticle writes version a.Version over the one before it.
func updateArticle(ctx context.Context, tx *db.Tx, a *Article) error {
	n, err := tx.Exec(ctx, `UPDATE article SET title = ?, type = ?, symptoms = ?, cause = ?, solution = ?, author = ?, updated = ?, version = ?
		WHERE tenant = :tenant AND id = ? AND version = ?`,
		a.Title, a.Type, a.Symptoms, a.Cause, a.Solution, a.Author, db.Micros(a.Updated), a.Version, a.ID, a.Version-1)
	if err := db.Changed(n, err, "article"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM article_text WHERE tenant = :tenant AND rowid = ?", a.textRow); err != nil {
		return err
	}
	return insertText(ctx, tx, a)
}

func countUse(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "UPDATE article SET used = used + 1 WHERE tenant = :tenant AND id = ?", id)
	return err
}

func insertRevision(ctx context.Context, tx *db.Tx, a *Article, body string) error {
	_, err := tx.Exec(ctx, "INSERT INTO article_revision (tenant, article, version, author, body, at) VALUES (:tenant, ?, ?, ?, ?, ?)",
		a.ID, a.Version, a.Author, body, db.Micros(a.Updated))
	return err
}

func revisions(ctx context.Context, q db.Querier, id string) ([]Revision, error) {
	return db.Select(ctx, q, func(s db.Scanner) (Revision, error) {
		var r Revision
		var body string
		var at int64
		if err := s.Scan(&r.Version, &r.Author, &body, &at); err != nil {
			return r, err
		}
		r.At = db.Time(at)
		return r, db.FromJSON(body, &r.Text)
	}, "SELECT version, author, body, at FROM article_revision WHERE tenant = :tenant AND article = ? ORDER BY version DESC", id)
}

func listArticles(ctx context.Context, q db.Querier, f Filter, limit int) ([]Article, error) {
	var b strings.Builder
	b.WriteString("SELECT " + articleColumns + " FROM article a WHERE a.tenant = :tenant AND a.exercise = ?")
	args := []any{f.Exercise}
	if f.Type != "" {
		b.WriteString(" AND a.type = ?")
		args = append(args, f.Type)
	}
	if f.CaseID != "" {
		b.WriteString(" AND a.case_id = ?")
		args = append(args, f.CaseID)
	}
	if f.After != nil {
		b.WriteString(" AND (a.updated, a.id) < (?, ?)")
		args = append(args, db.Micros(f.After.Updated), f.After.ID)
	}
	b.WriteString(" ORDER BY a.updated DESC, a.id DESC LIMIT ?")
	return db.Select(ctx, q, scanArticle, b.String(), append(args, limit)...)
}

func articlesByID(ctx context.Context, q db.Querier, ids []string) ([]Article, error) {
	// One statement text for every number of ids: the rest of the places stay empty.
	args := make([]any, maxCompared)
	for i := range args {
		args[i] = ""
		if i < len(ids) {
			args[i] = ids[i]
		}
	}
	marks := strings.Repeat(", ?", maxCompared)[2:]
	return db.Select(ctx, q, scanArticle, "SELECT "+articleColumns+" FROM article a WHERE a.tenant = :tenant AND a.id IN ("+marks+")", args...)
}

func scanID(s db.Scanner) (id string, err error) { return id, s.Scan(&id) }

// readable are the articles that a subject may be offered: real ones and those
// of its own exercise, of other cases than its own.
const readable = " AND (a.exercise = '' OR a.exercise = ?) AND (a.case_id = '' OR a.case_id <> ?) ORDER BY a.updated DESC, a.id DESC LIMIT ?"

func idsByRule(ctx context.Context, q db.Querier, s Subject, limit int) ([]string, error) {
	return db.Select(ctx, q, scanID, "SELECT a.id FROM article a WHERE a.tenant = :tenant AND a.rule = ?"+readable, s.Rule, s.Exercise, s.CaseID, limit)
}

func idsByType(ctx context.Context, q db.Querier, s Subject, limit int) ([]string, error) {
	return db.Select(ctx, q, scanID, "SELECT a.id FROM article a WHERE a.tenant = :tenant AND a.type = ?"+readable, s.Type, s.Exercise, s.CaseID, limit)
}

func idsByEntity(ctx context.Context, q db.Querier, s Subject, e Entity, limit int) ([]string, error) {
	return db.Select(ctx, q, scanID, `SELECT a.id FROM case_entity e JOIN article a ON a.tenant = e.tenant AND a.case_id = e.case_id
		WHERE e.tenant = :tenant AND e.kind = ? AND e.value = ?`+readable, e.Kind, e.Value, s.Exercise, s.CaseID, limit)
}

// From here on the engines differ: SQLite has FTS5, PostgreSQL tsvector. Both
// get words that are split and stemmed already (see indexed) and weigh the title
// most.

func insertText(ctx context.Context, tx *db.Tx, a *Article) error {
	statement := `INSERT INTO article_text (tenant, rowid, scope, title, symptoms, cause, solution) VALUES (:tenant, ?, 't' || :tenant || ?, ?, ?, ?, ?)`
	if tx.Engine() == db.Postgres {
		statement = `INSERT INTO article_text (tenant, rowid, exercise, words) VALUES (:tenant, ?, ?, setweight(to_tsvector('simple', ?), 'A') ||
			setweight(to_tsvector('simple', ?), 'B') || setweight(to_tsvector('simple', ?), 'C') || setweight(to_tsvector('simple', ?), 'C'))`
	}
	_, err := tx.Exec(ctx, statement, a.textRow, exerciseWord(a.Exercise),
		indexed(a.Title+" "+a.RuleTitle), indexed(a.Symptoms), indexed(a.Cause), indexed(a.Solution))
	return err
}

// exerciseWord is one word for an exercise, and one for reality.
func exerciseWord(id string) string {
	if id == "" {
		return "real"
	}
	return "x" + strings.Join(split(id), "")
}

// hits finds the n best rows for a query in two exercises (or reality), as a
// table (text_row, score). On SQLite tenant and exercise together are a word of
// the index, so that rows of others are neither read nor ranked.
func hits(q db.Querier, query string, exercise, other string, n int) (string, []any) {
	args := []any{exerciseWord(exercise), exerciseWord(other)}
	if q.Engine() == db.Postgres {
		return `WITH hits AS (SELECT rowid AS text_row, ts_rank(words, wanted) AS score FROM article_text, to_tsquery('simple', ?) wanted
			WHERE tenant = :tenant AND words @@ wanted AND exercise IN (?, ?) ORDER BY score DESC, rowid LIMIT ?)`, append(append([]any{query}, args...), n)
	}
	return `WITH hits AS (SELECT rowid AS text_row, -rank AS score FROM article_text
		WHERE article_text MATCH ('scope : ("t' || :tenant || ? || '" OR "t' || :tenant || ? || '") AND {title symptoms cause solution} : (' || ? || ')')
		AND rank MATCH 'bm25(0, 0, 8, 4, 2, 2)' ORDER BY rank LIMIT ?)`, append(args, query, n)
}

func searchArticles(ctx context.Context, q db.Querier, terms []term, exercise string, limit int) ([]Article, error) {
	all := make([]string, len(terms))
	for i, t := range terms {
		all[i] = textTerm(q.Engine(), t)
	}
	and := map[db.Engine]string{db.SQLite: " AND ", db.Postgres: " & "}[q.Engine()]
	with, args := hits(q, strings.Join(all, and), exercise, exercise, limit)
	return db.Select(ctx, q, scanArticle, with+" SELECT "+articleColumns+` FROM hits h JOIN article a ON a.tenant = :tenant AND a.text_row = h.text_row
		WHERE a.exercise = ? ORDER BY h.score DESC, a.id DESC`, append(args, exercise)...)
}

func idsByWords(ctx context.Context, q db.Querier, s Subject, words []string, limit int) ([]string, error) {
	either := make([]string, len(words))
	for i, w := range words {
		either[i] = textTerm(q.Engine(), term{words: []string{w}})
	}
	or := map[db.Engine]string{db.SQLite: " OR ", db.Postgres: " | "}[q.Engine()]
	const own = 5 // room for articles of the subject's own case, which are left out
	with, args := hits(q, strings.Join(either, or), "", s.Exercise, limit+own)
	return db.Select(ctx, q, scanID, with+` SELECT a.id FROM hits h JOIN article a ON a.tenant = :tenant AND a.text_row = h.text_row
		WHERE (a.exercise = '' OR a.exercise = ?) AND (a.case_id = '' OR a.case_id <> ?) ORDER BY h.score DESC, a.id DESC LIMIT ?`,
		append(args, s.Exercise, s.CaseID, limit)...)
}

// textTerm quotes a term for the engine: the words side by side or, for a
// single word, its stem. Words hold letters, marks and digits only (see split),
// so that nothing in them can end the quotation.
func textTerm(e db.Engine, t term) string {
	quote, or, prefix := sqliteQuote, " OR ", " *"
	if e == db.Postgres {
		quote, or, prefix = postgresQuote, " | ", ":*"
	}
	s := quote(t.words)
	if t.prefix {
		s += prefix
	}
	if len(t.words) == 1 {
		if root := stem(t.words[0]); root != t.words[0] {
			s += or + quote([]string{root})
		}
	}
	return "(" + s + ")"
}

func sqliteQuote(words []string) string { return `"` + strings.Join(words, " ") + `"` }

func postgresQuote(words []string) string { return "'" + strings.Join(words, "' <-> '") + "'" }
