package intake

import "bytes"

// maxCount bounds the digits of an octet count (RFC 6587, section 3.4.1).
const maxCount = 8

// framer cuts a stream into syslog messages. How a message is framed is found
// for each message anew: an octet count and a space before "<", else text up to
// LF or NUL, with a CR before it removed. Bytes of a message that is longer
// than limit are dropped behind its head.
type framer struct {
	limit    int
	buf      []byte // unread bytes
	skip     int    // bytes of an over-long counted message still to drop
	skipLine bool   // dropping until the next LF or NUL
}

// push adds bytes that were read and calls yield for each complete message.
// The message aliases the framer's buffer and is valid during the call.
func (f *framer) push(p []byte, yield func(msg []byte, truncated bool)) {
	f.buf = append(f.buf, p...)
	rest := f.buf
	for len(rest) > 0 {
		n := f.one(rest, yield)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	f.buf = f.buf[:copy(f.buf, rest)]
}

// one consumes one message or a part to be dropped; 0 means more is needed.
func (f *framer) one(b []byte, yield func([]byte, bool)) int {
	if f.skip > 0 {
		n := min(f.skip, len(b))
		f.skip -= n
		return n
	}
	if f.skipLine {
		if i := bytes.IndexAny(b, "\n\x00"); i >= 0 {
			f.skipLine = false
			return i + 1
		}
		return len(b)
	}
	if c := b[0]; c == '\n' || c == 0 || c == '\r' { // between messages
		return 1
	}
	count, head, more := octetCount(b)
	switch {
	case more:
		return 0
	case head > 0 && count > f.limit:
		if len(b) < head+f.limit {
			return 0
		}
		yield(b[head:head+f.limit], true)
		f.skip = count - f.limit
		return head + f.limit
	case head > 0:
		if len(b) < head+count {
			return 0
		}
		yield(trim(b[head:head+count]), false)
		return head + count
	}
	i := bytes.IndexAny(b[:min(len(b), f.limit+1)], "\n\x00")
	if i < 0 {
		if len(b) <= f.limit {
			return 0
		}
		yield(b[:f.limit], true)
		f.skipLine = true
		return f.limit
	}
	yield(trim(b[:i]), false)
	return i + 1
}

// rest yields what a closed connection left unfinished.
func (f *framer) rest(yield func([]byte, bool)) {
	if len(f.buf) > 0 && f.skip == 0 && !f.skipLine {
		if _, head, _ := octetCount(f.buf); head > 0 { // cut off within a counted message
			yield(trim(f.buf[head:]), true)
		} else {
			yield(trim(f.buf), false)
		}
	}
	f.buf = nil
}

// octetCount reads "123 <": head is the length of the digits and the space.
func octetCount(b []byte) (count, head int, more bool) {
	if b[0] < '1' || b[0] > '9' {
		return 0, 0, false
	}
	for i, c := range b {
		switch {
		case i > maxCount:
			return 0, 0, false
		case c >= '0' && c <= '9':
			count = count*10 + int(c-'0')
		case c == ' ' && i+1 < len(b):
			if b[i+1] != '<' {
				return 0, 0, false
			}
			return count, i + 1, false
		case c == ' ':
			return 0, 0, true
		default:
			return 0, 0, false
		}
	}
	return 0, 0, true
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\r' || b[len(b)-1] == '\n' || b[len(b)-1] == 0) {
		b = b[:len(b)-1]
	}
	return b
}
