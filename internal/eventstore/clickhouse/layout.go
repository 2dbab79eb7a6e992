package clickhouse

import (
	"errors"
	"fmt"
	"regexp"
)

// Layout says where the tables are: on one server, or on every server of a
// cluster that its configuration names, each shard with replicas or without.
type Layout struct {
	Database   string // its tables are Tocsin's
	Cluster    string // "" for one server
	Replicated bool   // the shards' tables have replicas; needs a Cluster
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Check says what is wrong with it. Names stand in statements, so that they are
// letters, digits and _ only.
func (l Layout) Check() error {
	switch {
	case !identifier.MatchString(l.Database):
		return fmt.Errorf("the database's name %q has other characters than letters, digits and _", l.Database)
	case l.Cluster != "" && !identifier.MatchString(l.Cluster):
		return fmt.Errorf("the cluster's name %q has other characters than letters, digits and _", l.Cluster)
	case l.Replicated && l.Cluster == "":
		return errors.New("replicated tables need the name of a cluster")
	}
	return nil
}

// events is what searches read and rows are inserted into: on a cluster the
// Distributed table over the rows of every shard.
func (l Layout) events() string { return l.Database + ".events" }

// rows is the table that holds rows.
func (l Layout) rows() string {
	if l.Cluster == "" {
		return l.events()
	}
	return l.Database + ".events_shard"
}

func (l Layout) state() string      { return l.Database + ".state" }
func (l Layout) migrations() string { return l.Database + ".migration" }

func (l Layout) onCluster() string {
	if l.Cluster == "" {
		return ""
	}
	return " ON CLUSTER " + l.Cluster
}

// engine is a table engine of the MergeTree family for the rows of a shard. Its
// path in Keeper has the database's name and the macro {shard} or none.
func (l Layout) engine(family, path string) string {
	if !l.Replicated {
		return family
	}
	return "Replicated" + family + "('/tocsin/" + l.Database + path + "', '{replica}')"
}

// everywhere is the engine of the few rows that every server has: with a cluster
// they are replicated whether events are or not.
func (l Layout) everywhere(family, path, args string) string {
	if l.Cluster == "" {
		return family + "(" + args + ")"
	}
	if args != "" {
		args = ", " + args
	}
	return "Replicated" + family + "('/tocsin/" + l.Database + path + "', '{shard}-{replica}'" + args + ")"
}

// tokens is how long the tokens of inserts are kept.
func (l Layout) tokens() string {
	if l.Replicated {
		return "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 7776000"
	}
	return "non_replicated_deduplication_window = 10000"
}

// createDistributed spreads rows over the shards by their place in the journal:
// a batch that is sent again splits as it did the first time, so that each
// shard knows its part.
func (l Layout) createDistributed() string {
	return "CREATE TABLE IF NOT EXISTS " + l.events() + l.onCluster() + " AS " + l.rows() + " ENGINE = Distributed('" + l.Cluster + "', '" + l.Database + "', 'events_shard', intHash64(seq))"
}

// createState makes the table of what the store must remember: by name, the
// value of the highest version.
func (l Layout) createState() string {
	return "CREATE TABLE IF NOT EXISTS " + l.state() + l.onCluster() + " (name String, version UInt64, value String) ENGINE = " + l.everywhere("ReplacingMergeTree", "/state", "version") + " ORDER BY name"
}

func (l Layout) createMigrations() string {
	return "CREATE TABLE IF NOT EXISTS " + l.migrations() + l.onCluster() + " (version UInt32, name String, at DateTime DEFAULT now()) ENGINE = " + l.everywhere("ReplacingMergeTree", "/migration", "") + " ORDER BY version"
}
