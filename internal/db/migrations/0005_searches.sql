-- Saved searches, exports, dashboards.

-- schedule: JSON, '' for none. scheduled: it is on, and raises alerts. due: a
-- look that is to be taken now, 0 for none. last_*: of the newest look.
CREATE TABLE saved_search (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, shared INTEGER NOT NULL, schedule TEXT NOT NULL,
  scheduled INTEGER NOT NULL, next_run BIGINT NOT NULL, due BIGINT NOT NULL DEFAULT 0, last_run BIGINT NOT NULL DEFAULT 0, last_count BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '', last_alert TEXT NOT NULL DEFAULT '', created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id));
CREATE INDEX saved_search_due ON saved_search (due) WHERE due > 0;

-- starts and ends: of event time, ns; at: how far it has read, ns
CREATE TABLE export (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, query TEXT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL, format TEXT NOT NULL, fields TEXT NOT NULL,
  state TEXT NOT NULL, rows_ BIGINT NOT NULL DEFAULT 0, about BIGINT NOT NULL DEFAULT 0, bytes BIGINT NOT NULL DEFAULT 0, percent INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '', created BIGINT NOT NULL, finished BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id));
CREATE INDEX export_state ON export (state, created);
CREATE INDEX export_owner ON export (tenant, owner, created);

-- mail: JSON, '' for none; it names people, not addresses. due: as above
CREATE TABLE dashboard (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, shared INTEGER NOT NULL, mail TEXT NOT NULL,
  next_mail BIGINT NOT NULL, due BIGINT NOT NULL DEFAULT 0, mail_error TEXT NOT NULL DEFAULT '', created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, id));
CREATE INDEX dashboard_due ON dashboard (due) WHERE due > 0;

-- a picture that messages carry, base64
CREATE TABLE message_picture (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
ALTER TABLE message ADD COLUMN picture TEXT NOT NULL DEFAULT '';
