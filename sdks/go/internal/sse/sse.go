// Package sse parses server-sent events by the rules of the WHATWG's HTML standard, section 9.2.6 (read 2026-12).
package sse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// MostBytes bounds one event, in bytes.
const MostBytes = 64 << 20

// ErrTooLong is the error of an event over MostBytes.
var ErrTooLong = fmt.Errorf("an event is over %d bytes", MostBytes)

// Event is one event. LastID is the newest id of the stream, also where the event itself has none.
type Event struct {
	Type   string
	Data   string
	LastID string
}

// Reader reads events from a stream.
type Reader struct {
	source  *bufio.Reader
	lastID  string
	begun   bool
	afterCR bool
	Heard   func() // called for each line, comments included; may be nil
}

// NewReader reads from `source`; `lastID` is the id that the stream was opened with.
func NewReader(source io.Reader, lastID string) *Reader {
	return &Reader{source: bufio.NewReaderSize(source, 64<<10), lastID: lastID}
}

// Next returns the next event, or io.EOF. An event without its empty line at the end of the stream is dropped.
func (r *Reader) Next() (Event, error) {
	kind, size := "", 0
	var data []string
	for {
		line, err := r.line(MostBytes - size)
		if err != nil {
			return Event{}, err
		}
		if r.Heard != nil {
			r.Heard()
		}
		size += len(line)
		if line == "" {
			if data != nil {
				return Event{Type: kind, Data: strings.Join(data, "\n"), LastID: r.lastID}, nil
			}
			kind, size = "", 0
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			kind = value
		case "data":
			data = append(data, value)
		case "id":
			if !strings.Contains(value, "\x00") {
				r.lastID = value
			}
		}
	}
}

// line reads up to \n, \r or \r\n. It does not wait for the \n that may follow a \r.
func (r *Reader) line(most int) (string, error) {
	var line []byte
	for {
		char, err := r.source.ReadByte()
		if err != nil {
			return "", err
		}
		if char == '\n' && r.afterCR {
			r.afterCR = false
			continue
		}
		r.afterCR = char == '\r'
		if char == '\n' || char == '\r' {
			break
		}
		line = r.rest(append(line, char))
		if len(line) > most {
			return "", ErrTooLong
		}
	}
	if !r.begun {
		r.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return string(line), nil
}

// rest takes what is buffered of the line in one piece.
func (r *Reader) rest(line []byte) []byte {
	buffered, _ := r.source.Peek(r.source.Buffered())
	end := bytes.IndexAny(buffered, "\r\n")
	if end < 0 {
		end = len(buffered)
	}
	line = append(line, buffered[:end]...)
	_, _ = r.source.Discard(end)
	return line
}
