-- Evidence of cases. Its content stands in files by their SHA-256, in two copies.

-- detail: JSON of the kind; blob: SHA-256 of the file; pending: part of its proof
-- is not yet under a checkpoint; hold: keeps its segments; copies: what the last
-- look at them found
CREATE TABLE evidence (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, case_id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL, detail TEXT NOT NULL,
  blob TEXT NOT NULL, bytes BIGINT NOT NULL, pending INTEGER NOT NULL, hold TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL,
  copies TEXT NOT NULL, verified BIGINT NOT NULL DEFAULT 0, verified_ok INTEGER NOT NULL DEFAULT 0, verified_detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id));
CREATE INDEX evidence_case ON evidence (tenant, case_id, at);
CREATE INDEX evidence_pending ON evidence (at) WHERE pending = 1;

-- who had it in hand; each row is an entry of the record as well, of that seq
CREATE TABLE evidence_custody (
  tenant BIGINT NOT NULL, evidence TEXT NOT NULL, record_seq BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (tenant, evidence, record_seq));
