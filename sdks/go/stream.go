package netra

import (
	"context"
	"errors"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/netrasystems/netra-go/internal/sse"
)

// Bounds of the reconnection of a stream.
const (
	mostConnects   = 10 // in a row without an event
	reconnectBase  = 250 * time.Millisecond
	reconnectMost  = 5 * time.Second
	silenceForPoll = 20 * time.Second // a stream silent for so long may be held back by a proxy
)

// errIdle is the cause of a stream that was closed because it was silent for too long.
var errIdle = errors.New("the stream was silent for too long")

// Events follows a run from the event after `after` on, over lost connections, each event once. It ends after the
// run's result. Leaving the loop early closes the connection.
func (s *AgentService) Events(ctx context.Context, id string, after int64) iter.Seq2[*RunEvent, error] {
	return func(yield func(*RunEvent, error) bool) {
		cursor := &cursor{after: after}
		for {
			isDone, err := s.connect(ctx, id, cursor, func(event *RunEvent) bool { return yield(event, nil) })
			if isDone {
				return
			}
			if err = s.comeBack(ctx, id, cursor, err); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// cursor is where a stream is; it knows no clock.
type cursor struct {
	after    int64
	connects int // in a row without an event
}

// takes reports whether an event is new, and refuses a gap.
func (c *cursor) takes(event *RunEvent) (bool, error) {
	if event.Seq != 0 && event.Seq <= c.after {
		return false, nil
	}
	if event.Seq > c.after+1+event.skipped() {
		return false, &RunEnded{Kind: ErrStreamBroken, RunID: event.RunID, LastSeq: c.after, Message: "events are missing"}
	}
	if event.Seq != 0 {
		c.after = event.Seq
	}
	c.connects = 0
	return true, nil
}

// comeBack waits before the next connection, or returns the error that ends the stream.
func (s *AgentService) comeBack(ctx context.Context, id string, cursor *cursor, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refused *Error
	var ended *RunEnded
	if errors.As(err, &ended) || errors.Is(err, sse.ErrTooLong) || errors.Is(err, ErrSessionLost) {
		return err
	}
	wait := time.Duration(0)
	if errors.As(err, &refused) {
		if refused.Status != 429 && refused.Status != 503 || refused.RetryAfter > s.client.set.maxRetryAfter {
			return err
		}
		wait = refused.RetryAfter
	}
	cursor.connects++
	if cursor.connects >= mostConnects {
		return &RunEnded{Kind: ErrStreamBroken, RunID: id, LastSeq: cursor.after, Message: text(err)}
	}
	s.client.set.logger.Warn("stream opened again", "run_id", id, "after", cursor.after, "cause", text(err))
	if cursor.connects > 1 {
		backoff := min(reconnectMost, reconnectBase<<(cursor.connects-2))
		wait = max(wait, time.Duration((0.5+0.5*mathrand.Float64())*float64(backoff)))
	}
	if sleep(ctx, wait) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// connect reads one connection. isDone: the run's result was given, or the caller left.
func (s *AgentService) connect(ctx context.Context, id string, cursor *cursor, give func(*RunEvent) bool) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(s.client.set.idle, func() { cancel(errIdle) })
	defer idle.Stop()
	answer, err := s.open(ctx, id, cursor.after)
	if err != nil {
		return false, causeOf(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return true, nil
	}
	reader := sse.NewReader(answer.Body, "")
	reader.Heard = func() { idle.Reset(s.client.set.idle) }
	for {
		read, err := reader.Next()
		if err != nil {
			return false, causeOf(ctx, err)
		}
		event, err := eventOf(read.Type, []byte(read.Data))
		if err != nil {
			return false, err
		}
		isNew, err := cursor.takes(event)
		if err != nil {
			return false, err
		}
		if isNew {
			idle.Stop() // the caller's own time does not count
			if !give(event) || event.IsLast() {
				return true, nil
			}
			idle.Reset(s.client.set.idle)
		}
	}
}

// open sends the request of a stream and signs in again once where that helps.
func (s *AgentService) open(ctx context.Context, id string, after int64) (*http.Response, error) {
	c := s.client
	r := request{method: "GET", path: in("/api/agent/stream", id), query: url.Values{}, kind: safeRead}
	header := http.Header{"Accept": {"text/event-stream"}, "Cache-Control": {"no-store"}}
	if after > 0 {
		header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	for renewedOnce := false; ; renewedOnce = true {
		sent, tokens, err := c.prepared(ctx, r, nil, callSettings{header: header})
		if err != nil {
			return nil, err
		}
		answer, err := c.http.Do(sent)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode == 200 || answer.StatusCode == 204 {
			return answer, nil
		}
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		answer.Body.Close()
		found := c.judged(answer, body, r, callSettings{}, tokens)
		if answer.StatusCode != 401 || renewedOnce || !c.canRenew() {
			return nil, found.err
		}
		if _, err := c.renewed(ctx, tokens); err != nil {
			return nil, err
		}
	}
}

func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

func text(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return "the connection ended"
	}
	return err.Error()
}
