package auth

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Person is somebody with an account.
type Person struct {
	ID      string
	Login   string
	Name    string
	Email   string
	Roles   []Role
	Active  bool
	Version int64
	Created time.Time
}

const personColumns = "p.id, q.login, q.name, q.email, p.roles, p.active, p.version, p.created FROM person p JOIN person_personal q ON q.tenant = p.tenant AND q.person = p.id WHERE p.tenant = :tenant"

func scanPerson(s db.Scanner) (Person, error) {
	var p Person
	var roles string
	var created int64
	var active int
	err := s.Scan(&p.ID, &p.Login, &p.Name, &p.Email, &roles, &active, &p.Version, &created)
	p.Roles, p.Active, p.Created = splitRoles(roles), active == 1, db.Time(created)
	return p, err
}

func splitRoles(s string) []Role {
	var out []Role
	for r := range strings.SplitSeq(s, ",") {
		if r != "" {
			out = append(out, Role(r))
		}
	}
	return out
}

func joinRoles(rs []Role) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = string(r)
	}
	return strings.Join(out, ",")
}

// GetPerson returns a person by id.
func GetPerson(ctx context.Context, q db.Querier, id string) (Person, error) {
	return db.One(ctx, q, "person", scanPerson, "SELECT "+personColumns+" AND p.id = ?", id)
}

// People lists the tenant's people by name.
func People(ctx context.Context, q db.Querier) ([]Person, error) {
	return db.Select(ctx, q, scanPerson, "SELECT "+personColumns+" ORDER BY q.name, p.id LIMIT 10000")
}

// PeopleWith lists active people who have a role.
func PeopleWith(ctx context.Context, q db.Querier, role Role) ([]Person, error) {
	all, err := People(ctx, q)
	var out []Person
	for _, p := range all {
		for _, r := range p.Roles {
			if r == role && p.Active {
				out = append(out, p)
				break
			}
		}
	}
	return out, err
}

func byLogin(ctx context.Context, q db.Querier, login string) (Person, error) {
	return db.One(ctx, q, "person", scanPerson, "SELECT "+personColumns+" AND q.login = ?", login)
}

func insertPerson(ctx context.Context, tx *db.Tx, p Person) error {
	if _, err := tx.Exec(ctx, "INSERT INTO person (tenant, id, roles, active, created) VALUES (:tenant, ?, ?, 1, ?)", p.ID, joinRoles(p.Roles), db.Micros(p.Created)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO person_personal (tenant, person, login, name, email) VALUES (:tenant, ?, ?, ?, ?)", p.ID, p.Login, p.Name, p.Email)
	return err
}

func updatePerson(ctx context.Context, tx *db.Tx, p Person) error {
	n, err := tx.Exec(ctx, "UPDATE person SET roles = ?, active = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?", joinRoles(p.Roles), db.Bool(p.Active), p.ID, p.Version)
	if err := db.Changed(n, err, "person"); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE person_personal SET name = ?, email = ? WHERE tenant = :tenant AND person = ?", p.Name, p.Email, p.ID)
	return err
}

func setCredential(ctx context.Context, tx *db.Tx, person, secret string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO credential (tenant, person, kind, secret, changed) VALUES (:tenant, ?, 'passphrase', ?, ?)
		ON CONFLICT (tenant, person, kind) DO UPDATE SET secret = excluded.secret, changed = excluded.changed`, person, secret, db.Micros(now))
	return err
}

func credential(ctx context.Context, q db.Querier, person string) (string, error) {
	return db.One(ctx, q, "credential", func(s db.Scanner) (string, error) {
		var v string
		return v, s.Scan(&v)
	}, "SELECT secret FROM credential WHERE tenant = :tenant AND person = ? AND kind = 'passphrase'", person)
}

type sessionRow struct {
	tenant  tenant.ID
	person  string
	csrf    string
	roles   []Role
	expires time.Time
}

func insertSession(ctx context.Context, tx *db.Tx, hash, person, csrf, peer, agent string, created, expires time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO session (tenant, hash, person, csrf, created, expires, peer, agent) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?)", hash, person, csrf, db.Micros(created), db.Micros(expires), peer, agent)
	return err
}

// findSession looks through all tenants: the secret alone says whose it is.
func findSession(ctx context.Context, system db.Querier, hash string) (sessionRow, error) {
	return db.One(ctx, system, "session", func(s db.Scanner) (sessionRow, error) {
		var r sessionRow
		var t, expires int64
		var roles string
		err := s.Scan(&t, &r.person, &r.csrf, &roles, &expires)
		r.tenant, r.roles, r.expires = tenant.ID(t), splitRoles(roles), db.Time(expires)
		return r, err
	}, "SELECT s.tenant, s.person, s.csrf, p.roles, s.expires FROM session s JOIN person p ON p.tenant = s.tenant AND p.id = s.person WHERE s.hash = ? AND p.active = 1", hash)
}

func deleteSession(ctx context.Context, tx *db.Tx, hash string) error {
	_, err := tx.Exec(ctx, "DELETE FROM session WHERE tenant = :tenant AND hash = ?", hash)
	return err
}

func deleteSessionsOf(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, "DELETE FROM session WHERE tenant = :tenant AND person = ?", person)
	return err
}

// Token is an API token without its secret.
type Token struct {
	ID       string
	Person   string
	Name     string
	Scopes   []string
	Created  time.Time
	Expires  time.Time
	Revoked  time.Time
	LastUsed time.Time
	tenant   tenant.ID
	roles    []Role
}

func insertToken(ctx context.Context, tx *db.Tx, t Token, hash string) error {
	_, err := tx.Exec(ctx, "INSERT INTO api_token (tenant, id, hash, person, name, scopes, created, expires) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?)",
		t.ID, hash, t.Person, t.Name, strings.Join(t.Scopes, ","), db.Micros(t.Created), db.Micros(t.Expires))
	return err
}

func scanToken(s db.Scanner) (Token, error) {
	var t Token
	var id, created, expires, revoked, used int64
	var scopes, roles string
	err := s.Scan(&id, &t.ID, &t.Person, &t.Name, &scopes, &created, &expires, &revoked, &used, &roles)
	t.tenant, t.Scopes, t.roles = tenant.ID(id), strings.Split(scopes, ","), splitRoles(roles)
	t.Created, t.Expires, t.Revoked, t.LastUsed = db.Time(created), db.Time(expires), db.Time(revoked), db.Time(used)
	return t, err
}

const tokenColumns = "t.tenant, t.id, t.person, t.name, t.scopes, t.created, t.expires, t.revoked, t.last_used, p.roles FROM api_token t JOIN person p ON p.tenant = t.tenant AND p.id = t.person"

func findToken(ctx context.Context, system db.Querier, hash string) (Token, error) {
	return db.One(ctx, system, "token", scanToken, "SELECT "+tokenColumns+" WHERE t.hash = ? AND p.active = 1", hash)
}

// Tokens lists tokens, of one person when person is not "".
func Tokens(ctx context.Context, q db.Querier, person string) ([]Token, error) {
	return db.Select(ctx, q, scanToken, "SELECT "+tokenColumns+" WHERE t.tenant = :tenant AND (? = '' OR t.person = ?) ORDER BY t.created DESC LIMIT 1000", person, person)
}

func revokeToken(ctx context.Context, tx *db.Tx, id, onlyOf string, now time.Time) (int64, error) {
	return tx.Exec(ctx, "UPDATE api_token SET revoked = ? WHERE tenant = :tenant AND id = ? AND revoked = 0 AND (? = '' OR person = ?)", db.Micros(now), id, onlyOf, onlyOf)
}

func touchToken(ctx context.Context, tx *db.Tx, id string, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE api_token SET last_used = ? WHERE tenant = :tenant AND id = ?", db.Micros(now), id)
	return err
}

type link struct {
	tenant          tenant.ID
	person, purpose string
	expires, used   time.Time
}

func insertLink(ctx context.Context, tx *db.Tx, hash, person, purpose string, created, expires time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO one_time_link (tenant, hash, person, purpose, created, expires) VALUES (:tenant, ?, ?, ?, ?, ?)", hash, person, purpose, db.Micros(created), db.Micros(expires))
	return err
}

func findLink(ctx context.Context, system db.Querier, hash, purpose string) (link, error) {
	return db.One(ctx, system, "link", func(s db.Scanner) (link, error) {
		var l link
		var t, expires, used int64
		err := s.Scan(&t, &l.person, &l.purpose, &expires, &used)
		l.tenant, l.expires, l.used = tenant.ID(t), db.Time(expires), db.Time(used)
		return l, err
	}, "SELECT tenant, person, purpose, expires, used FROM one_time_link WHERE hash = ? AND purpose = ?", hash, purpose)
}

func useLink(ctx context.Context, tx *db.Tx, hash string, now time.Time) (int64, error) {
	return tx.Exec(ctx, "UPDATE one_time_link SET used = ? WHERE tenant = :tenant AND hash = ? AND used = 0", db.Micros(now), hash)
}

func countPeople(ctx context.Context, q db.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM person WHERE tenant = :tenant").Scan(&n)
	return n, err
}

func sweep(ctx context.Context, tx *db.Tx, now time.Time) error {
	for _, s := range []string{"DELETE FROM session WHERE expires < ?", "DELETE FROM one_time_link WHERE expires < ?"} {
		if _, err := tx.Exec(ctx, s, db.Micros(now)); err != nil {
			return err
		}
	}
	return nil
}
