-- Rule packs, what people set about rules, what rules did, and back-tests.

CREATE TABLE rule_pack (
  tenant BIGINT NOT NULL, name TEXT NOT NULL, active TEXT NOT NULL, previous TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
  PRIMARY KEY (tenant, name));
CREATE TABLE rule_pack_version (
  tenant BIGINT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL, manifest TEXT NOT NULL, actor TEXT NOT NULL, installed BIGINT NOT NULL,
  PRIMARY KEY (tenant, name, version));
CREATE TABLE rule_off (
  tenant BIGINT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL, owner TEXT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (tenant, rule));
CREATE TABLE rule_filter (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, owner TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
  created BIGINT NOT NULL, expires BIGINT NOT NULL, retired BIGINT NOT NULL DEFAULT 0, retired_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id));
CREATE TABLE own_rule (
  tenant BIGINT NOT NULL, rule TEXT NOT NULL, title TEXT NOT NULL, active BIGINT NOT NULL, deleted BIGINT NOT NULL DEFAULT 0, version BIGINT NOT NULL DEFAULT 1, created BIGINT NOT NULL, updated BIGINT NOT NULL,
  PRIMARY KEY (tenant, rule));
CREATE TABLE own_rule_version (
  tenant BIGINT NOT NULL, rule TEXT NOT NULL, number BIGINT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant, rule, number));

-- hour is in hours since 1970
CREATE TABLE rule_hit (
  tenant BIGINT NOT NULL, rule TEXT NOT NULL, hour BIGINT NOT NULL, hits BIGINT NOT NULL,
  PRIMARY KEY (tenant, rule, hour));
CREATE INDEX rule_hit_hour ON rule_hit (hour);
CREATE TABLE rule_hit_last (
  tenant BIGINT NOT NULL, rule TEXT NOT NULL, total BIGINT NOT NULL, last BIGINT NOT NULL,
  PRIMARY KEY (tenant, rule));
CREATE TABLE seen_logsource (
  tenant BIGINT NOT NULL, category TEXT NOT NULL, product TEXT NOT NULL, service TEXT NOT NULL, fields TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
  PRIMARY KEY (tenant, category, product, service));

CREATE TABLE backtest (
  tenant BIGINT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL, read_ BIGINT NOT NULL DEFAULT 0, about BIGINT NOT NULL DEFAULT 0, at BIGINT NOT NULL DEFAULT 0,
  result TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL, created BIGINT NOT NULL, started BIGINT NOT NULL DEFAULT 0, ended BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id));
CREATE INDEX backtest_state ON backtest (state, created);

CREATE INDEX alert_rule ON alert (tenant, rule, last_seen);
