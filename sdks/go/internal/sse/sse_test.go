package sse

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func all(source io.Reader) (events []Event, err error) {
	reader := NewReader(source, "")
	for {
		event, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, event)
	}
}

func TestParser(t *testing.T) {
	for name, one := range map[string]struct {
		text string
		want []Event
	}{
		"plain":              {"id: 1\nevent: a\ndata: x\n\n", []Event{{"a", "x", "1"}}},
		"carriage returns":   {"id: 1\revent: a\rdata: x\r\r", []Event{{"a", "x", "1"}}},
		"both":               {"data: x\r\ndata: y\r\n\r\n", []Event{{"", "x\ny", ""}}},
		"byte order mark":    {"\xef\xbb\xbfdata: x\n\n", []Event{{"", "x", ""}}},
		"comment":            {": hello\n\ndata: x\n\n", []Event{{"", "x", ""}}},
		"no space":           {"data:x\n\n", []Event{{"", "x", ""}}},
		"one space only":     {"data:  x\n\n", []Event{{"", " x", ""}}},
		"id stays":           {"id: 7\n\ndata: x\n\ndata: y\n\n", []Event{{"", "x", "7"}, {"", "y", "7"}}},
		"id with NUL":        {"id: a\x00b\ndata: x\n\n", []Event{{"", "x", ""}}},
		"field alone":        {"data\n\n", []Event{{"", "", ""}}},
		"type without data":  {"event: a\n\ndata: x\n\n", []Event{{"", "x", ""}}},
		"unfinished at end":  {"data: x\n\ndata: y\n", []Event{{"", "x", ""}}},
		"two bytes a letter": {"data: größer\n\n", []Event{{"", "größer", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []io.Reader{
				strings.NewReader(one.text), iotest.OneByteReader(strings.NewReader(one.text)),
			} {
				found, err := all(source)
				if err != nil || !reflect.DeepEqual(found, one.want) {
					t.Fatalf("%q, %v", found, err)
				}
			}
		})
	}
}

func TestAnEventIsBounded(t *testing.T) {
	_, err := all(io.LimitReader(letters{}, MostBytes+1_000_000))
	if !errors.Is(err, ErrTooLong) {
		t.Fatal(err)
	}
}

type letters struct{}

func (letters) Read(into []byte) (int, error) {
	for n := range into {
		into[n] = 'x'
	}
	return len(into), nil
}

// FuzzSplits holds that the parse does not depend on how the bytes arrive.
func FuzzSplits(f *testing.F) {
	f.Add("id: 1\nevent: a\r\ndata: x\r\rdata: y\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		whole, _ := all(strings.NewReader(text))
		single, _ := all(iotest.OneByteReader(strings.NewReader(text)))
		if !reflect.DeepEqual(whole, single) {
			t.Fatalf("%q: %q, %q", text, whole, single)
		}
	})
}
