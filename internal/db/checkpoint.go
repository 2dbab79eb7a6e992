package db

import (
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"time"
)

const (
	checkpointEvery = time.Second
	// walSoft is how long the log may grow before it is folded back, walHard
	// before readers and the writer are made to wait for it.
	walSoft = 4 << 20
	walHard = 256 << 20
)

// checkpointer folds SQLite's write-ahead log back into the file, on a
// connection of its own, so that no transaction waits for it.
type checkpointer struct {
	pool *sql.DB
	quit chan struct{}
	done chan struct{}
}

func startCheckpointer(dsn, path string, log *slog.Logger) (*checkpointer, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open SQLite for checkpoints: %w", err)
	}
	pool.SetMaxOpenConns(1)
	c := &checkpointer{pool: pool, quit: make(chan struct{}), done: make(chan struct{})}
	go c.loop(path+"-wal", log)
	return c, nil
}

func (c *checkpointer) stop() {
	close(c.quit)
	<-c.done
	c.pool.Close()
}

func (c *checkpointer) loop(wal string, log *slog.Logger) {
	defer close(c.done)
	t := time.NewTicker(checkpointEvery)
	defer t.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-t.C:
		}
		st, err := os.Stat(wal)
		if err != nil || st.Size() < walSoft {
			continue
		}
		mode := "PASSIVE"
		if st.Size() > walHard {
			mode = "TRUNCATE"
		}
		var busy, pages, moved int
		if err := c.pool.QueryRow("PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved); err != nil {
			log.Warn("folding the database's log back failed, will try again", "error", err)
		}
	}
}
