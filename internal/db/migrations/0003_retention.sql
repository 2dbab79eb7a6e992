-- How long events are kept, what holds them, what was dropped.

-- tier: '' when the file is in the data directory; location: where in the tier
-- a copy is or may be; fault: what the last verification found.
ALTER TABLE segment ADD COLUMN tier TEXT NOT NULL DEFAULT '';
ALTER TABLE segment ADD COLUMN location TEXT NOT NULL DEFAULT '';
ALTER TABLE segment ADD COLUMN checked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN fault TEXT NOT NULL DEFAULT '';

-- leftover: location of a copy in the tier that is still to be removed
CREATE TABLE tombstone (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, segment TEXT NOT NULL, class TEXT NOT NULL, rows_ BIGINT NOT NULL, bytes BIGINT NOT NULL,
  min_time BIGINT NOT NULL, max_time BIGINT NOT NULL, sha256 TEXT NOT NULL, root TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL,
  record_seq BIGINT NOT NULL, signature TEXT NOT NULL, leftover TEXT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX tombstone_segment ON tombstone (segment);
CREATE INDEX tombstone_leftover ON tombstone (at) WHERE leftover <> '';

-- 0 days and 0 bytes have no limit; floor_days: what the disk-full plan may drop
-- early, 0 for nothing
CREATE TABLE retention_class (
  tenant BIGINT NOT NULL, name TEXT NOT NULL, days BIGINT NOT NULL, max_bytes BIGINT NOT NULL, floor_days BIGINT NOT NULL, updated BIGINT NOT NULL,
  PRIMARY KEY (tenant, name));
CREATE TABLE retention_assignment (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, source_type TEXT NOT NULL, class TEXT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX retention_assignment_what ON retention_assignment (tenant, source, source_type);
CREATE TABLE retention_change (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, before_ TEXT NOT NULL, after_ TEXT NOT NULL, shortens INTEGER NOT NULL,
  actor TEXT NOT NULL, at BIGINT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, approved_by TEXT NOT NULL DEFAULT '', approved BIGINT NOT NULL DEFAULT 0,
  effective BIGINT NOT NULL DEFAULT 0, ended_by TEXT NOT NULL DEFAULT '', ended BIGINT NOT NULL DEFAULT 0, ended_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id));
CREATE INDEX retention_change_state ON retention_change (tenant, state, at);

-- times are nanoseconds of events, 0 for no bound
CREATE TABLE hold (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, query TEXT NOT NULL, case_id TEXT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL,
  reason TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL, released BIGINT NOT NULL DEFAULT 0, released_by TEXT NOT NULL DEFAULT '', released_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id));
CREATE UNIQUE INDEX hold_case ON hold (tenant, case_id) WHERE case_id <> '' AND released = 0;
CREATE INDEX hold_list ON hold (tenant, released, at);

-- moves with every change of classes, assignments and holds: a drop that was
-- decided under another generation is decided anew
CREATE TABLE retention_generation (tenant BIGINT PRIMARY KEY, n BIGINT NOT NULL);
