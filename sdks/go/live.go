package netra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/netrasystems/netra-go/internal/ws"
)

// Times of a live connection.
const (
	pingEvery    = 25 * time.Second
	pingsMissed  = 2
	liveMostWait = 30 * time.Second
)

// Live follows any number of runs over one WebSocket, and survives its loss.
type Live struct {
	client *Client
	ctx    context.Context
	stop   context.CancelFunc
	done   chan struct{}

	mutex sync.Mutex
	conn  *ws.Conn
	runs  map[string]*LiveRun
	pongs map[string]chan struct{}
	err   error
}

// LiveRun is a run whose events come over the WebSocket.
type LiveRun struct {
	*Run
	live *Live

	mutex  sync.Mutex
	cursor cursor
	queue  []*RunEvent
	isOver bool
	err    error
	wake   chan struct{}
}

// Live opens a WebSocket. Close it when it is no longer needed.
func (c *Client) Live(ctx context.Context) (*Live, error) {
	inner, stop := context.WithCancel(context.Background())
	live := &Live{
		client: c, ctx: inner, stop: stop, done: make(chan struct{}),
		runs: map[string]*LiveRun{}, pongs: map[string]chan struct{}{},
	}
	conn, ends, err := live.dial(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	live.conn = conn
	go live.run(conn, ends)
	return live, nil
}

type wsFrame struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// dial connects and reads the first frame: `status`, or the error that refuses the connection.
func (l *Live) dial(ctx context.Context) (*ws.Conn, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, l.client.set.attempt)
	defer cancel()
	for isSecond := false; ; isSecond = true {
		tokens, err := l.client.bearer(ctx)
		if err != nil {
			return nil, time.Time{}, err
		}
		conn, err := ws.Dial(ctx, l.address(), http.Header{
			"Authorization": {"Bearer " + tokens.AccessToken}, "User-Agent": {l.client.agent},
		})
		if err != nil {
			return nil, time.Time{}, err
		}
		ends, err := l.greeted(ctx, conn)
		if !errors.Is(err, ErrUnauthorized) || isSecond || !l.client.canRenew() {
			return conn, ends, err
		}
		if _, err := l.client.renewed(ctx, tokens); err != nil {
			return nil, time.Time{}, err
		}
	}
}

func (l *Live) address() string {
	return "ws" + strings.TrimPrefix(l.client.base, "http") + "/ws"
}

func (l *Live) greeted(ctx context.Context, conn *ws.Conn) (time.Time, error) {
	message, err := conn.Read(ctx)
	if err != nil {
		return time.Time{}, refusalOf(err)
	}
	frame, err := into[wsFrame]([]byte(message))
	if err != nil {
		return time.Time{}, errors.Join(ErrUnexpectedAnswer, err)
	}
	if frame.Type == "status" {
		return l.expiry(), nil
	}
	fault, err := into[ErrorData](frame.Data)
	if err != nil {
		return time.Time{}, errors.Join(ErrUnexpectedAnswer, err)
	}
	_, end := conn.Read(ctx)
	status := 0
	if errors.Is(refusalOf(end), ErrUnauthorized) {
		status = 401
	}
	return time.Time{}, &Error{Status: status, Code: fault.Code, Message: fault.Message, Details: fault.Context}
}

func (l *Live) expiry() time.Time {
	if l.client.set.source == nil {
		return time.Time{}
	}
	return l.client.set.source.Load().ExpiresAt
}

// refusalOf names the meaning of a close code.
func refusalOf(err error) error {
	var closed *ws.CloseError
	if !errors.As(err, &closed) {
		return err
	}
	switch closed.Code {
	case 4000, 4001:
		return errors.Join(ErrUnauthorized, err)
	case 4003:
		return errors.Join(ErrRateLimited, err)
	case 1003, 1009, 4002:
		return errors.Join(ErrInvalidRequest, err)
	}
	return err
}

// Ask asks a question and follows its run. A lost connection neither loses nor repeats the question.
func (l *Live) Ask(ctx context.Context, ask Ask, options ...CallOption) (*LiveRun, error) {
	run, err := l.client.Agent.Execute(ctx, ask, options...)
	if err != nil {
		return nil, err
	}
	return l.follow(run, 0), nil
}

// Subscribe follows a run from the event after `after` on.
func (l *Live) Subscribe(id string, after int64) *LiveRun {
	return l.follow(l.client.Agent.Attach(id), after)
}

func (l *Live) follow(run *Run, after int64) *LiveRun {
	followed := &LiveRun{Run: run, live: l, cursor: cursor{after: after}, wake: make(chan struct{}, 1)}
	l.mutex.Lock()
	l.runs[run.ID] = followed
	conn, ended := l.conn, l.err
	l.mutex.Unlock()
	if ended != nil {
		followed.end(ended)
		return followed
	}
	if conn != nil {
		_ = l.subscribe(conn, followed) // a failure closes the connection, and the next one subscribes again
	}
	return followed
}

func (l *Live) subscribe(conn *ws.Conn, run *LiveRun) error {
	run.mutex.Lock()
	after := run.cursor.after
	run.mutex.Unlock()
	return l.write(conn, "subscribe", "", SubscribeData{RunID: run.ID, After: after})
}

func (l *Live) write(conn *ws.Conn, kind, id string, data any) error {
	message := map[string]any{"type": kind}
	if id != "" {
		message["id"] = id
	}
	if data != nil {
		message["data"] = data
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(l.ctx, 10*time.Second)
	defer cancel()
	return conn.Write(ctx, string(encoded))
}

// Stop stops a run.
func (l *Live) Stop(ctx context.Context, id string) (*RunStatus, error) {
	return l.client.Agent.Cancel(ctx, id)
}

// Ping waits for the answer to a ping.
func (l *Live) Ping(ctx context.Context) error {
	id := newID()
	pong := make(chan struct{})
	l.mutex.Lock()
	l.pongs[id] = pong
	conn, err := l.conn, l.err
	l.mutex.Unlock()
	defer func() {
		l.mutex.Lock()
		delete(l.pongs, id)
		l.mutex.Unlock()
	}()
	if err == nil && conn == nil {
		err = ErrConnectionFailed
	}
	if err == nil {
		err = l.write(conn, "ping", id, nil)
	}
	if err != nil {
		return err
	}
	select {
	case <-pong:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return ErrClosed
	}
}

// Close closes the connection. Runs go on.
func (l *Live) Close() {
	l.stop()
	<-l.done
}

// run keeps a connection open until Close, or an error that a new connection does not mend.
func (l *Live) run(conn *ws.Conn, ends time.Time) {
	defer close(l.done)
	wait := time.Duration(0)
	for {
		err := l.serve(conn, ends)
		conn.Close()
		l.set(nil)
		if l.ctx.Err() != nil {
			l.finish(ErrClosed)
			return
		}
		for conn = nil; conn == nil; {
			if errors.Is(refusalOf(err), ErrInvalidRequest) || errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrSessionLost) {
				l.finish(err)
				return
			}
			l.client.set.logger.Warn("WebSocket opened again", "cause", text(err))
			if sleep(l.ctx, max(wait, waitOf(err))) != nil {
				l.finish(ErrClosed)
				return
			}
			wait = min(max(2*wait, reconnectBase), reconnectMost)
			if conn, ends, err = l.dial(l.ctx); err != nil {
				conn = nil
			}
		}
		wait = 0
	}
}

// waitOf is the time that a refusal asks for.
func waitOf(err error) time.Duration {
	var refused *Error
	if !errors.As(err, &refused) {
		return 0
	}
	seconds, _ := refused.Details["retry_after_s"].(float64)
	return min(time.Duration(seconds*float64(time.Second)), liveMostWait)
}

func (l *Live) set(conn *ws.Conn) {
	l.mutex.Lock()
	l.conn = conn
	l.mutex.Unlock()
}

// serve subscribes to every run that has not ended, and reads until the connection ends.
func (l *Live) serve(conn *ws.Conn, ends time.Time) error {
	ctx, cancel := context.WithCancelCause(l.ctx)
	defer cancel(nil)
	l.set(conn)
	for _, run := range l.open() {
		if err := l.subscribe(conn, run); err != nil {
			return err
		}
	}
	beats := make(chan struct{}, 1)
	go l.keepAlive(ctx, cancel, conn, beats)
	go l.keepSignedIn(ctx, conn, ends)
	for {
		message, err := conn.Read(ctx)
		if err != nil {
			return causeOf(ctx, err)
		}
		select {
		case beats <- struct{}{}:
		default:
		}
		if err := l.take(message); err != nil {
			return err
		}
	}
}

func (l *Live) open() []*LiveRun {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	found := make([]*LiveRun, 0, len(l.runs))
	for _, run := range l.runs {
		found = append(found, run)
	}
	return found
}

// keepAlive pings a silent connection and ends it when two pings bring nothing.
func (l *Live) keepAlive(ctx context.Context, cancel context.CancelCauseFunc, conn *ws.Conn, beats <-chan struct{}) {
	for missed := 0; ; {
		timer := time.NewTimer(pingEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-beats:
			timer.Stop()
			missed = 0
			continue
		case <-timer.C:
		}
		if missed == pingsMissed {
			cancel(errIdle)
			return
		}
		missed++
		if err := l.write(conn, "ping", "", nil); err != nil {
			cancel(err)
			return
		}
	}
}

// keepSignedIn sends a new access token before the present one ends.
func (l *Live) keepSignedIn(ctx context.Context, conn *ws.Conn, ends time.Time) {
	for !ends.IsZero() && l.client.canRenew() {
		if sleep(ctx, time.Until(ends)-early) != nil {
			return
		}
		tokens, err := l.client.renewed(ctx, l.client.set.source.Load())
		if err != nil || l.write(conn, "authenticate", "", AuthenticateData{Token: tokens.AccessToken}) != nil {
			return // the service will close with 4001, and the next connection signs in or says why not
		}
		ends = l.expiry()
	}
}

func (l *Live) take(message string) error {
	frame, err := into[wsFrame]([]byte(message))
	if err != nil {
		return errors.Join(ErrUnexpectedAnswer, err)
	}
	if frame.Type == "pong" {
		l.pong(frame.Data)
		return nil
	}
	event, err := eventOf(frame.Type, frame.Data)
	if err != nil {
		return err
	}
	l.mutex.Lock()
	run := l.runs[event.RunID]
	l.mutex.Unlock()
	if run == nil {
		return nil
	}
	if isOver := run.give(event); isOver {
		l.mutex.Lock()
		delete(l.runs, run.ID)
		l.mutex.Unlock()
	}
	return nil
}

func (l *Live) pong(data json.RawMessage) {
	answer, err := into[PongData](data)
	if err != nil {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if waiting, ok := l.pongs[answer.RequestID]; ok {
		close(waiting)
		delete(l.pongs, answer.RequestID)
	}
}

func (l *Live) finish(err error) {
	l.mutex.Lock()
	l.err = err
	runs := l.runs
	l.runs = map[string]*LiveRun{}
	l.mutex.Unlock()
	for _, run := range runs {
		run.end(err)
	}
}

// give queues an event and reports whether the run is over.
func (r *LiveRun) give(event *RunEvent) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	defer r.nudge()
	switch {
	case event.Type == "status":
		r.isOver = true // ended, and all events were sent
		return true
	case event.Fault != nil && event.Seq == 0:
		r.err = &Error{Code: event.Fault.Code, Message: event.Fault.Message, Details: event.Fault.Context}
		return true
	}
	isNew, err := r.cursor.takes(event)
	if err != nil {
		r.err = err
		return true
	}
	if isNew {
		r.queue = append(r.queue, event)
		r.isOver = event.IsLast()
	}
	return r.isOver
}

func (r *LiveRun) end(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.isOver && r.err == nil {
		r.err = err
	}
	r.nudge()
}

func (r *LiveRun) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Next returns the next event; ok is false after the last one.
func (r *LiveRun) Next(ctx context.Context) (event *RunEvent, ok bool, err error) {
	for {
		r.mutex.Lock()
		if len(r.queue) > 0 {
			event, r.queue = r.queue[0], r.queue[1:]
			r.mutex.Unlock()
			return event, true, nil
		}
		isOver, failed := r.isOver, r.err
		r.mutex.Unlock()
		if isOver {
			return nil, false, nil
		}
		if failed != nil {
			return nil, false, failed
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil, false, fmt.Errorf("%w: %w", &RunEnded{Kind: ErrWaitTimeout, RunID: r.ID}, ctx.Err())
		}
	}
}

// Wait returns the result of the run.
func (r *LiveRun) Wait(ctx context.Context) (*Advice, error) {
	for {
		event, ok, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			found := r.now(ctx, 0)
			return found.advice, found.err
		}
		if result := event.Result; result != nil {
			found := r.ended(result.Result, result.Cancelled, result.Error, event.Seq)
			return found.advice, found.err
		}
	}
}
