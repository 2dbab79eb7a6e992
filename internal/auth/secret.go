package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// argon2id parameters (OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane).
const (
	argonMemory = 19 << 10
	argonTime   = 2
	argonLen    = 32
)

// NewSecret makes a random secret of 256 bits for sessions, tokens and links.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashSecret hashes a random secret; with 256 bits of entropy no slow hash is needed.
func hashSecret(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// CheckPassphrase says what is wrong with a new passphrase (NIST SP 800-63B:
// length, not composition).
func CheckPassphrase(p string) error {
	switch n := utf8.RuneCountInString(p); {
	case n < 12:
		return &problem.Error{Kind: problem.Invalid, Detail: "Choose a passphrase of at least 12 characters; several words are easiest.", Fields: []problem.Field{{Name: "passphrase", Detail: "at least 12 characters"}}}
	case n > 200:
		return problem.New(problem.Invalid, "A passphrase may have at most 200 characters.")
	case strings.Count(p, p[:1]) == len(p):
		return problem.New(problem.Invalid, "Choose a passphrase that is not one character repeated.")
	}
	return nil
}

func hashPassphrase(p string) string {
	var salt [16]byte
	rand.Read(salt[:])
	key := argon2.IDKey([]byte(p), salt[:], argonTime, argonMemory, 1, argonLen)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", argonMemory, argonTime, enc(salt[:]), enc(key))
}

// checkPassphrase compares in the time of the hash, whatever is stored.
func checkPassphrase(stored, p string) bool {
	var m, t uint32
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		hashPassphrase(p) // an unknown person costs as much as a known one
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &m, &t); err != nil || m > 1<<20 || t > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(want, argon2.IDKey([]byte(p), salt, t, m, 1, uint32(len(want)))) == 1
}
