package netra

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"
)

// mostAnswer bounds the body of an answer, in bytes.
const mostAnswer = 64 << 20

type request struct {
	method, path string
	query        url.Values
	body         any    // encoded as JSON
	raw          []byte // sent as it is, in place of body
	media        string
	kind         safety
	public       bool // needs no credential
	takes        int  // a status beside 2xx that is an answer
}

// do sends a request under the rules of policy.go and decodes its answer into `into`.
func (c *Client) do(ctx context.Context, r request, into any, options ...CallOption) error {
	call := callSettings{timeout: c.set.timeout, header: http.Header{}}
	for _, option := range options {
		option(&call)
	}
	payload, err := encoded(&r)
	if err != nil {
		return err
	}
	if r.method == http.MethodPost && call.key == "" {
		call.key = "go-" + newID()
	}
	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	return c.repeat(ctx, r, payload, call, into)
}

func encoded(r *request) ([]byte, error) {
	if r.raw != nil || r.body == nil {
		return r.raw, nil
	}
	r.media = "application/json"
	payload, err := json.Marshal(r.body)
	if err != nil {
		return nil, errors.Join(ErrInvalidRequest, err)
	}
	return payload, nil
}

func (c *Client) repeat(ctx context.Context, r request, payload []byte, call callSettings, into any) error {
	wasAmbiguous, wasRenewed := false, false
	for attempt := 0; ; {
		outcome := c.attempt(ctx, r, payload, call)
		if outcome.status == 404 && r.kind == deletion && (call.missing || wasAmbiguous) {
			return nil
		}
		if outcome.err == nil {
			return decoded(outcome, r, into, call.key)
		}
		next := decide(r.kind, outcome.what, outcome.refused, !r.public && !wasRenewed && c.canRenew(), c.set.maxRetryAfter)
		wasAmbiguous = wasAmbiguous || outcome.what == ambiguous
		if next == renew {
			wasRenewed = true
			if _, err := c.renewed(ctx, outcome.tokens); err != nil {
				return err
			}
			continue
		}
		if next == unknown {
			return c.failed(ErrOutcomeUnknown, r, call, outcome.err)
		}
		if next == giveUp || attempt >= c.set.maxRetries || ctx.Err() != nil {
			return c.last(ctx, r, call, outcome)
		}
		pause := delay(attempt, outcome.after(), mathrand.Float64())
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(pause).After(deadline) {
			return c.last(ctx, r, call, outcome)
		}
		c.set.logger.Warn("retry", "method", r.method, "path", r.path, "attempt", attempt+1, "pause", pause)
		if err := sleep(ctx, pause); err != nil {
			return c.failed(ErrTimedOut, r, call, err)
		}
		attempt++
	}
}

// outcome is how one attempt ended.
type outcome struct {
	what    happening
	status  int
	header  http.Header
	body    []byte
	refused *Error
	err     error
	tokens  Tokens
}

func (o outcome) after() time.Duration {
	if o.refused == nil {
		return 0
	}
	return o.refused.RetryAfter
}

func (c *Client) attempt(ctx context.Context, r request, payload []byte, call callSettings) outcome {
	ctx, cancel := context.WithTimeout(ctx, c.set.attempt)
	defer cancel()
	sent, tokens, err := c.prepared(ctx, r, payload, call)
	if err != nil {
		return outcome{what: answered, err: err}
	}
	began := time.Now()
	answer, err := c.http.Do(sent)
	if err != nil {
		return outcome{what: happeningOf(err), err: err, tokens: tokens}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	c.set.logger.Debug("request", "method", r.method, "path", r.path, "status", answer.StatusCode,
		"ms", time.Since(began).Milliseconds(), "request_id", sent.Header.Get("X-Request-ID"))
	c.noticeVersion(answer.Header)
	if err != nil {
		return outcome{what: ambiguous, err: err, tokens: tokens}
	}
	return c.judged(answer, body, r, call, tokens)
}

func (c *Client) judged(answer *http.Response, body []byte, r request, call callSettings, tokens Tokens) outcome {
	found := outcome{what: answered, status: answer.StatusCode, header: answer.Header, body: body, tokens: tokens}
	if answer.StatusCode < 300 || answer.StatusCode == r.takes {
		return found
	}
	refused, ok := refusal(answer.StatusCode, answer.Header, body, call.key)
	if ok {
		found.refused, found.err = refused, refused
		return found
	}
	found.err = &CallError{
		Kind: ErrUnexpectedAnswer, Method: r.method, Path: r.path, Status: answer.StatusCode,
		Start: start(body), IdempotencyKey: call.key,
	}
	switch answer.StatusCode {
	case 408, 502, 504:
		found.what = ambiguous
	}
	return found
}

func (c *Client) prepared(ctx context.Context, r request, payload []byte, call callSettings) (*http.Request, Tokens, error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, c.url(r), bytes.NewReader(payload))
	if err != nil {
		return nil, Tokens{}, errors.Join(ErrConfiguration, err)
	}
	var tokens Tokens
	if !r.public {
		if tokens, err = c.bearer(ctx); err != nil {
			return nil, Tokens{}, err
		}
	}
	if tokens.AccessToken != "" {
		sent.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	}
	if payload != nil {
		sent.Header.Set("Content-Type", r.media)
	}
	if r.method == http.MethodPost {
		sent.Header.Set("Idempotency-Key", call.key)
	}
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("User-Agent", c.agent)
	sent.Header.Set("X-Request-ID", "sdk-"+newID())
	for name, values := range call.header {
		sent.Header[name] = values
	}
	return sent, tokens, nil
}

func (c *Client) url(r request) string {
	if len(r.query) == 0 {
		return c.base + r.path
	}
	return c.base + r.path + "?" + r.query.Encode()
}

func decoded(found outcome, r request, into any, key string) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(found.body, into); err != nil {
		return &CallError{
			Kind: ErrUnexpectedAnswer, Method: r.method, Path: r.path, Status: found.status,
			Start: start(found.body), IdempotencyKey: key, Cause: err,
		}
	}
	return nil
}

// last is the error of the last attempt.
func (c *Client) last(ctx context.Context, r request, call callSettings, found outcome) error {
	if found.what == answered {
		return found.err
	}
	var answer *CallError
	if errors.As(found.err, &answer) {
		return answer
	}
	if ctx.Err() != nil || isTimeout(found.err) {
		return c.failed(ErrTimedOut, r, call, found.err)
	}
	return c.failed(ErrConnectionFailed, r, call, found.err)
}

func (c *Client) failed(kind error, r request, call callSettings, cause error) error {
	return &CallError{Kind: kind, Method: r.method, Path: r.path, IdempotencyKey: call.key, Cause: cause}
}

// happeningOf says whether the service can have seen a request that failed with this error.
func happeningOf(err error) happening {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return notSent
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return notSent
	}
	return ambiguous
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func start(body []byte) string {
	return string(body[:min(len(body), 500)])
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newID is a random UUID, version 4 (RFC 9562).
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24; before, a failing system source ends the program
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}
