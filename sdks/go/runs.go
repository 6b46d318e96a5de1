package netra

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Run is the handle of a run.
type Run struct {
	ID       string
	Accepted *RunAccepted // nil for an attached run

	client *Client
}

// Status returns the state of the run, and its result when it has one.
func (r *Run) Status(ctx context.Context, options ...CallOption) (*RunStatus, error) {
	return r.client.Agent.Status(ctx, r.ID, options...)
}

// Cancel stops the run.
func (r *Run) Cancel(ctx context.Context, options ...CallOption) (*RunStatus, error) {
	return r.client.Agent.Cancel(ctx, r.ID, options...)
}

// Events follows the run from its first event on.
func (r *Run) Events(ctx context.Context) iter.Seq2[*RunEvent, error] { return r.EventsAfter(ctx, 0) }

// EventsAfter follows the run from the event after `after` on.
func (r *Run) EventsAfter(ctx context.Context, after int64) iter.Seq2[*RunEvent, error] {
	return r.client.Agent.Events(ctx, r.ID, after)
}

// Wait returns the result. When the context ends first, the error is ErrWaitTimeout and the run goes on.
func (r *Run) Wait(ctx context.Context) (*Advice, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	beat := make(chan struct{}, 1)
	followed := make(chan ending, 1)
	polled := make(chan ending, 1)
	go func() { followed <- r.follow(inner, beat) }()
	go r.poll(inner, beat, polled)
	var found ending
	select {
	case found = <-followed:
	case found = <-polled:
	}
	if found.err != nil && ctx.Err() != nil {
		return nil, &RunEnded{Kind: ErrWaitTimeout, RunID: r.ID, LastSeq: found.last, Message: ctx.Err().Error()}
	}
	return found.advice, found.err
}

// ending is how a run ended, or why that is not known.
type ending struct {
	advice *Advice
	err    error
	last   int64
}

func (r *Run) follow(ctx context.Context, beat chan<- struct{}) ending {
	last := int64(0)
	for event, err := range r.Events(ctx) {
		if err != nil {
			return ending{err: err, last: last}
		}
		last = event.Seq
		select {
		case beat <- struct{}{}:
		default:
		}
		if event.Result != nil {
			return r.ended(event.Result.Result, event.Result.Cancelled, event.Result.Error, last)
		}
	}
	return r.now(ctx, last) // 204: the run had ended before
}

// poll asks for the status while no event comes: a proxy may hold the stream back until its end.
func (r *Run) poll(ctx context.Context, beat <-chan struct{}, out chan<- ending) {
	pause := silenceForPoll
	for ctx.Err() == nil {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-beat:
			timer.Stop()
			pause = silenceForPoll
			continue
		case <-timer.C:
		}
		found := r.now(ctx, 0)
		if !errors.Is(found.err, errRunning) && !errors.Is(found.err, ErrConnectionFailed) {
			out <- found
			return
		}
		pause = min(5*time.Second, max(500*time.Millisecond, pause%silenceForPoll*2))
	}
}

var errRunning = errors.New("the run has not ended")

// now reads the ending of a run from its status.
func (r *Run) now(ctx context.Context, last int64) ending {
	status, err := r.Status(ctx)
	if err != nil {
		return ending{err: err, last: last}
	}
	switch status.Status {
	case RunStateCompleted, RunStateFailed, RunStateCancelled:
		return r.ended(status.Result, status.Status == RunStateCancelled, status.Error, status.LastSeq)
	}
	return ending{err: errRunning, last: last}
}

func (r *Run) ended(advice *Advice, isCancelled bool, fault *RunError, last int64) ending {
	if advice != nil {
		return ending{advice: advice, last: last}
	}
	found := &RunEnded{Kind: ErrRunFailed, RunID: r.ID, LastSeq: last}
	if isCancelled {
		found.Kind = ErrRunCancelled
	}
	if fault != nil {
		found.Code, found.Message = fault.Code, fault.Message
	}
	return ending{err: found, last: last}
}

// TextPiece is a part of the answer as it is worded. Restarted: it belongs to a later attempt, which replaces all that came before.
type TextPiece struct {
	Text      string
	Attempt   int64
	Restarted bool
}

// Text follows the wording of the answer. The last piece is the whole report, when it differs from the pieces.
func (r *Run) Text(ctx context.Context) iter.Seq2[TextPiece, error] {
	return func(yield func(TextPiece, error) bool) {
		attempt, so := int64(0), ""
		for event, err := range r.Events(ctx) {
			if err != nil {
				yield(TextPiece{}, err)
				return
			}
			piece, ok := pieceOf(event, &attempt, &so)
			if ok && !yield(piece, nil) {
				return
			}
		}
	}
}

func pieceOf(event *RunEvent, attempt *int64, so *string) (TextPiece, bool) {
	if update := event.Update; update != nil && update.Text != "" {
		piece := TextPiece{Text: update.Text, Attempt: update.Attempt, Restarted: update.Attempt > *attempt && *so != ""}
		if update.Attempt > *attempt {
			*attempt, *so = update.Attempt, ""
		}
		*so += update.Text
		return piece, true
	}
	if result := event.Result; result != nil && result.Result != nil && result.Result.Report != *so {
		return TextPiece{Text: result.Result.Report, Attempt: *attempt, Restarted: *so != ""}, true
	}
	return TextPiece{}, false
}

// Answer is a result with the run and the thread that it belongs to.
type Answer struct {
	Advice   *Advice
	Run      *Run
	ThreadID string
}

// Ask asks a question and waits for the answer.
func (c *Client) Ask(ctx context.Context, ask Ask, options ...CallOption) (*Answer, error) {
	run, err := c.Agent.Execute(ctx, ask, options...)
	if err != nil {
		return nil, err
	}
	advice, err := run.Wait(ctx)
	if err != nil {
		return nil, err
	}
	return &Answer{Advice: advice, Run: run, ThreadID: run.Accepted.ThreadID}, nil
}
