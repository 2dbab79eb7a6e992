package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// The names of what is remembered in the state table.
const (
	journalState = "journal" // version: first sequence of the last insert; value: its last
	ttlState     = "ttl"     // version: when, ns; value: the expression
)

// readState returns the value of the highest version, zero and "" for none.
func (s *Store) readState(ctx context.Context, name string) (version uint64, value string, err error) {
	st := newStatement()
	sql := "SELECT version, value FROM " + s.o.Layout.state() + " WHERE name = " + st.text(name) + " ORDER BY version DESC LIMIT 1"
	x := call{Statement: Statement{sql, st.params}, format: "RowBinary"}
	if s.o.Layout.Cluster != "" {
		x.settings = map[string]string{"select_sequential_consistency": "1"}
	}
	answer, err := s.client.do(ctx, x)
	if err != nil {
		return 0, "", fmt.Errorf("read the state %s: %w", name, err)
	}
	return version, value, each(answer, func(r *reader) error {
		version, value = r.uint64(), r.text()
		return nil
	})
}

// writeState remembers a value.
func (s *Store) writeState(ctx context.Context, name string, version uint64, value string) error {
	row, err := json.Marshal(map[string]any{"name": name, "version": version, "value": value})
	if err != nil {
		return err
	}
	settings := s.insertSettings("tocsin-" + name + "-" + strconv.FormatUint(version, 10) + "-" + value)
	if s.o.Layout.Cluster != "" {
		// It is replicated even where events are not, and read again by sequential
		// consistency, which parallel quorums do not give.
		settings["insert_quorum"], settings["insert_quorum_parallel"] = "auto", "0"
	}
	_, err = s.client.do(ctx, call{Statement: Statement{SQL: "INSERT INTO " + s.o.Layout.state() + " FORMAT JSONEachRow"}, body: row, settings: settings})
	if err != nil {
		return fmt.Errorf("write the state %s: %w", name, err)
	}
	return nil
}

// insertSettings make an insert take place once, whole, and before it is
// answered, whatever the server's defaults are.
func (s *Store) insertSettings(token string) map[string]string {
	m := map[string]string{
		"insert_deduplicate": "1", "insert_deduplication_token": token,
		"async_insert":                    "0",
		"max_partitions_per_insert_block": "0", // logs of many years can come at once
	}
	if s.o.Layout.Cluster != "" {
		m["distributed_foreground_insert"] = "1" // the shards have it when it is answered
	}
	if s.o.Layout.Replicated {
		m["insert_quorum"] = "auto"
	}
	return m
}
