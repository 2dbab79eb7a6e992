package record

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// sealEvery is the pause between two seals while entries keep coming.
const sealEvery = 200 * time.Millisecond

// sealBatch bounds how long one seal holds the writer.
const sealBatch = 100

// Sealer hashes entries into each tenant's tree and signs checkpoints. Exactly
// one runs for a store: its cursor commits with the leaves.
type Sealer struct {
	log    *Log
	signer note.Signer
	logger *slog.Logger
}

// NewSealer makes the sealer with the installation's key.
func NewSealer(l *Log, signer note.Signer, logger *slog.Logger) *Sealer {
	return &Sealer{log: l, signer: signer, logger: logger}
}

// Run seals until ctx ends.
func (s *Sealer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		changed := s.log.Changed()
		n, err := s.Seal(ctx)
		if err != nil && ctx.Err() == nil {
			s.logger.Error("sealing the record failed, will try again", "error", err)
		}
		if n == 0 {
			wait(ctx, changed, 5*time.Second)
		}
		sleep(ctx, sealEvery)
	}
	return nil
}

// Seal seals what is committed now and returns how many entries that were.
func (s *Sealer) Seal(ctx context.Context) (int, error) {
	h := s.log.db.System("sealer")
	total := 0
	for {
		n := 0
		// Paging passes between the chunks.
		err := h.TxBulk(ctx, func(tx *db.Tx) error {
			at, err := loadCursor(ctx, tx, "sealer")
			if err != nil {
				return err
			}
			rows, err := next(ctx, tx, at, sealBatch)
			if err != nil || len(rows) == 0 {
				return err
			}
			byTenant := map[tenant.ID][]Row{}
			for _, r := range rows {
				byTenant[r.Tenant] = append(byTenant[r.Tenant], r)
			}
			for t, rs := range byTenant {
				if err := s.sealTenant(ctx, tx.As(t, "sealer"), rs); err != nil {
					return fmt.Errorf("tenant %s: %w", t, err)
				}
			}
			n = len(rows)
			last := rows[len(rows)-1]
			return saveCursor(ctx, tx, "sealer", cursor{last.xid, last.Seq})
		})
		total += n
		if err != nil || n < sealBatch {
			return total, err
		}
	}
}

func (s *Sealer) sealTenant(ctx context.Context, tx *db.Tx, rows []Row) error {
	var size int64
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM record_leaf WHERE tenant = :tenant").Scan(&size); err != nil {
		return err
	}
	fresh := map[int64]tlog.Hash{} // hashes of this seal, not yet readable by others
	read := hashReader(ctx, tx, fresh)
	for _, r := range rows {
		leaf := tlog.RecordHash(r.leaf())
		hashes, err := tlog.StoredHashesForRecordHash(size, leaf, read)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO record_leaf (tenant, idx, seq, hash) VALUES (:tenant, ?, ?, ?)", size, r.Seq, leaf[:]); err != nil {
			return err
		}
		base := tlog.StoredHashIndex(0, size)
		for i, hash := range hashes {
			fresh[base+int64(i)] = hash
			if _, err := tx.Exec(ctx, "INSERT INTO record_hash (tenant, idx, hash) VALUES (:tenant, ?, ?)", base+int64(i), hash[:]); err != nil {
				return err
			}
		}
		size++
	}
	root, err := tlog.TreeHash(size, read)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: checkpointText(origin(s.signer.Name(), tx.Scope().Tenant), size, root)}, s.signer)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO checkpoint (tenant, size, at, note) VALUES (:tenant, ?, ?, ?)", size, db.Micros(s.log.now()), string(signed))
	return err
}

// hashReader reads stored hashes of the scope's tenant, newest ones from fresh.
func hashReader(ctx context.Context, q db.Querier, fresh map[int64]tlog.Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, idx := range indexes {
			if h, ok := fresh[idx]; ok {
				out[i] = h
				continue
			}
			var b []byte
			if err := q.QueryRow(ctx, "SELECT hash FROM record_hash WHERE tenant = :tenant AND idx = ?", idx).Scan(&b); err != nil {
				return nil, fmt.Errorf("hash %d of the record's tree: %w", idx, err)
			}
			copy(out[i][:], b)
		}
		return out, nil
	})
}
