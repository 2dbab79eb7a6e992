-- Every row of every table has its tenant; the few tables without one
-- (installation, journal_offset, feed_cursor) hold nothing of any tenant.
-- Personal data (names, addresses, free text of reporters) stands in tables
-- whose names end in _personal, or in contact_point and session, so that
-- erasing it is deleting rows. Times are microseconds since 1970 UTC.

CREATE TABLE installation (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE journal_offset (name TEXT PRIMARY KEY, seq BIGINT NOT NULL);
CREATE TABLE feed_cursor (follower TEXT PRIMARY KEY, xid BIGINT NOT NULL, seq BIGINT NOT NULL);

CREATE TABLE tenant (
  tenant BIGINT PRIMARY KEY, name TEXT NOT NULL, created BIGINT NOT NULL,
  case_number BIGINT NOT NULL DEFAULT 0, exercise_number BIGINT NOT NULL DEFAULT 0);

-- people and access
CREATE TABLE person (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, roles TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE TABLE person_personal (
  tenant BIGINT NOT NULL, person TEXT NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
  PRIMARY KEY (tenant, person));
CREATE UNIQUE INDEX person_login ON person_personal (tenant, login);
CREATE TABLE credential (
  tenant BIGINT NOT NULL, person TEXT NOT NULL, kind TEXT NOT NULL, secret TEXT NOT NULL, changed BIGINT NOT NULL,
  PRIMARY KEY (tenant, person, kind));
CREATE TABLE session (
  tenant BIGINT NOT NULL, hash TEXT NOT NULL, person TEXT NOT NULL, csrf TEXT NOT NULL,
  created BIGINT NOT NULL, expires BIGINT NOT NULL, peer TEXT NOT NULL, agent TEXT NOT NULL,
  PRIMARY KEY (tenant, hash));
CREATE UNIQUE INDEX session_hash ON session (hash);
CREATE TABLE api_token (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL,
  created BIGINT NOT NULL, expires BIGINT NOT NULL, revoked BIGINT NOT NULL DEFAULT 0, last_used BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX api_token_hash ON api_token (hash);
CREATE TABLE one_time_link (
  tenant BIGINT NOT NULL, hash TEXT NOT NULL, person TEXT NOT NULL, purpose TEXT NOT NULL,
  created BIGINT NOT NULL, expires BIGINT NOT NULL, used BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, hash));
CREATE UNIQUE INDEX one_time_link_hash ON one_time_link (hash);
CREATE TABLE idempotency (
  tenant BIGINT NOT NULL, actor TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL,
  status INTEGER NOT NULL, body TEXT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, actor, key));

-- the record: xid orders rows that commit late on PostgreSQL; SQLite has one writer
CREATE TABLE record (
  seq {PK}, xid BIGINT NOT NULL DEFAULT {XID}, tenant BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL,
  kind TEXT NOT NULL, subject TEXT NOT NULL, subject_id TEXT NOT NULL, exercise TEXT NOT NULL, data TEXT NOT NULL, personal_hash TEXT NOT NULL);
CREATE INDEX record_feed ON record (xid, seq);
CREATE INDEX record_subject ON record (tenant, subject, subject_id, seq);
CREATE TABLE record_personal (
  tenant BIGINT NOT NULL, seq BIGINT NOT NULL, salt TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (tenant, seq));
CREATE TABLE record_leaf (
  tenant BIGINT NOT NULL, idx BIGINT NOT NULL, seq BIGINT NOT NULL, hash {BLOB} NOT NULL,
  PRIMARY KEY (tenant, idx));
CREATE UNIQUE INDEX record_leaf_seq ON record_leaf (tenant, seq);
CREATE TABLE record_hash (
  tenant BIGINT NOT NULL, idx BIGINT NOT NULL, hash {BLOB} NOT NULL,
  PRIMARY KEY (tenant, idx));
CREATE TABLE checkpoint (
  tenant BIGINT NOT NULL, size BIGINT NOT NULL, at BIGINT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (tenant, size));
-- only sqlite
CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER record_no_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- only postgres
CREATE FUNCTION record_append_only() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'the record is append-only'; END $f$;
CREATE TRIGGER record_no_change BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION record_append_only();
-- all

CREATE TABLE timer (
  tenant BIGINT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, due BIGINT NOT NULL, wanted BIGINT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0, payload TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, key));
CREATE INDEX timer_due ON timer (due);

-- the event store's catalogue
CREATE TABLE segment (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL, class TEXT NOT NULL, rows_ BIGINT NOT NULL, bytes BIGINT NOT NULL,
  min_time BIGINT NOT NULL, max_time BIGINT NOT NULL, min_seq BIGINT NOT NULL, max_seq BIGINT NOT NULL,
  sha256 TEXT NOT NULL, root TEXT NOT NULL, columns_ INTEGER NOT NULL, minutes TEXT NOT NULL, sealed BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));

CREATE TABLE source (
  tenant BIGINT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, token TEXT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, name));

-- alerts: facts; repeats fold by fingerprint while the alert is open
CREATE TABLE alert (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, fingerprint TEXT NOT NULL, kind TEXT NOT NULL, rule TEXT NOT NULL, rule_title TEXT NOT NULL,
  rule_version TEXT NOT NULL, severity INTEGER NOT NULL, summary TEXT NOT NULL, facts TEXT NOT NULL,
  count BIGINT NOT NULL, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, cleared BIGINT NOT NULL DEFAULT 0,
  exercise TEXT NOT NULL, created BIGINT NOT NULL, open_until BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX alert_fingerprint ON alert (tenant, fingerprint, last_seen);
CREATE INDEX alert_list ON alert (tenant, last_seen, id);
CREATE TABLE alert_event (
  tenant BIGINT NOT NULL, alert TEXT NOT NULL, event TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant, alert, event));

-- cases
CREATE TABLE incident_case (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, exercise TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
  decision TEXT NOT NULL, type TEXT NOT NULL, lead TEXT NOT NULL, track TEXT NOT NULL, disposition TEXT NOT NULL,
  impact INTEGER NOT NULL, urgency INTEGER NOT NULL, priority INTEGER NOT NULL, level TEXT NOT NULL, provisional INTEGER NOT NULL,
  owner TEXT NOT NULL, decide_by BIGINT NOT NULL, snoozed_until BIGINT NOT NULL DEFAULT 0, detail TEXT NOT NULL, anchors TEXT NOT NULL, correlation TEXT NOT NULL,
  created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX case_number ON incident_case (tenant, exercise, number);
CREATE INDEX case_list ON incident_case (tenant, updated, id);
CREATE INDEX case_state ON incident_case (tenant, state, priority, created);
CREATE INDEX case_correlation ON incident_case (tenant, correlation, state);
CREATE TABLE case_alert (
  tenant BIGINT NOT NULL, case_id TEXT NOT NULL, alert TEXT NOT NULL, reason TEXT NOT NULL, joined BIGINT NOT NULL,
  PRIMARY KEY (tenant, case_id, alert));
CREATE UNIQUE INDEX case_alert_alert ON case_alert (tenant, alert);
CREATE TABLE case_entity (
  tenant BIGINT NOT NULL, case_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, role TEXT NOT NULL, added BIGINT NOT NULL,
  PRIMARY KEY (tenant, case_id, kind, value));
CREATE INDEX case_entity_value ON case_entity (tenant, kind, value);
CREATE TABLE assessment (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, view TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX assessment_case ON assessment (tenant, case_id, at);
CREATE TABLE case_action (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, phase TEXT NOT NULL, what TEXT NOT NULL, target TEXT NOT NULL, result TEXT NOT NULL,
  state TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id));
CREATE INDEX case_action_case ON case_action (tenant, case_id, at);
CREATE TABLE note (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, author TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL, edited BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id));
CREATE INDEX note_case ON note (tenant, case_id, at);
CREATE TABLE note_revision (
  tenant BIGINT NOT NULL, note TEXT NOT NULL, version BIGINT NOT NULL, author TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant, note, version));

-- reports by people
CREATE TABLE report (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL, tracking TEXT NOT NULL,
  anonymous INTEGER NOT NULL, reachable INTEGER NOT NULL, informed_closing BIGINT NOT NULL DEFAULT 0, waiver TEXT NOT NULL DEFAULT '', created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX report_tracking ON report (tracking);
CREATE INDEX report_case ON report (tenant, case_id);
CREATE TABLE report_personal (
  tenant BIGINT NOT NULL, report TEXT NOT NULL, salt TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, what TEXT NOT NULL, place TEXT NOT NULL, noticed TEXT NOT NULL,
  PRIMARY KEY (tenant, report));
CREATE TABLE report_update (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, report TEXT NOT NULL, from_reporter INTEGER NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX report_update_report ON report_update (tenant, report, at);

-- classification policy
CREATE TABLE policy_version (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, effective BIGINT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX policy_version_number ON policy_version (tenant, version);

-- on call
CREATE TABLE contact_point (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, position INTEGER NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX contact_point_person ON contact_point (tenant, person, position);
CREATE TABLE schedule (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, rotation TEXT NOT NULL, version BIGINT NOT NULL DEFAULT 1, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE TABLE schedule_override (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, schedule TEXT NOT NULL, person TEXT NOT NULL, mode TEXT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE TABLE escalation_policy (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, steps TEXT NOT NULL, repeat INTEGER NOT NULL, version BIGINT NOT NULL DEFAULT 1, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE TABLE escalation_run (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, policy TEXT NOT NULL, state TEXT NOT NULL, step INTEGER NOT NULL, round INTEGER NOT NULL,
  stepped BIGINT NOT NULL, paged INTEGER NOT NULL, warned INTEGER NOT NULL, plan TEXT NOT NULL, exercise TEXT NOT NULL, subject TEXT NOT NULL, acked_by TEXT NOT NULL DEFAULT '', acked BIGINT NOT NULL DEFAULT 0, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX escalation_run_case ON escalation_run (tenant, case_id);
CREATE UNIQUE INDEX escalation_run_running ON escalation_run (tenant, case_id) WHERE state = 'running';
CREATE INDEX schedule_override_ends ON schedule_override (tenant, schedule, ends);
CREATE INDEX escalation_run_state ON escalation_run (tenant, state, created);

-- messages out: the outbox; every row reaches a terminal state
CREATE TABLE message (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL, recipient_kind TEXT NOT NULL, run TEXT NOT NULL, case_id TEXT NOT NULL,
  exercise TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, link TEXT NOT NULL, priority INTEGER NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, due BIGINT NOT NULL,
  created BIGINT NOT NULL, sent BIGINT NOT NULL DEFAULT 0, ended BIGINT NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', provider_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id));
CREATE INDEX message_due ON message (state, due);
CREATE INDEX message_run ON message (tenant, run);
CREATE INDEX message_case ON message (tenant, case_id, created);

-- knowledge; text_row is the row of the article's words in article_text
CREATE TABLE article (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, exercise TEXT NOT NULL, title TEXT NOT NULL, type TEXT NOT NULL, symptoms TEXT NOT NULL, cause TEXT NOT NULL, solution TEXT NOT NULL,
  rule TEXT NOT NULL, rule_title TEXT NOT NULL, author TEXT NOT NULL, version BIGINT NOT NULL DEFAULT 1, created BIGINT NOT NULL, updated BIGINT NOT NULL, used BIGINT NOT NULL DEFAULT 0, text_row BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX article_list ON article (tenant, exercise, updated, id);
CREATE INDEX article_case ON article (tenant, case_id, updated, id, exercise);
CREATE INDEX article_rule ON article (tenant, rule, updated);
CREATE INDEX article_type ON article (tenant, type, updated);
CREATE UNIQUE INDEX article_text_row ON article (tenant, text_row);
CREATE TABLE article_revision (
  tenant BIGINT NOT NULL, article TEXT NOT NULL, version BIGINT NOT NULL, author TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant, article, version));
-- only sqlite
CREATE VIRTUAL TABLE article_text USING fts5 (tenant UNINDEXED, scope, title, symptoms, cause, solution, tokenize = 'unicode61', prefix = '3 4');
-- only postgres
CREATE TABLE article_text (tenant BIGINT NOT NULL, rowid BIGINT NOT NULL, exercise TEXT NOT NULL, words tsvector NOT NULL, PRIMARY KEY (tenant, rowid));
CREATE INDEX article_words ON article_text USING gin (words);
-- all

CREATE TABLE exercise (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, scenario TEXT NOT NULL, marker TEXT NOT NULL, started_by TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id));
