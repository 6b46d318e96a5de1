package netra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// RecorderOptions bound a recorder. A zero value is the default in brackets.
type RecorderOptions struct {
	MaxQueue   int           // calls that wait at most (10,000)
	MaxBytes   int           // bytes that wait at most (8 MiB)
	Batch      int           // calls of a request (1,000); more while the service limits the rate
	Interval   time.Duration // between two requests at most (1 s)
	OnDrop     func(count int, reason string)
	OnRejected func([]RowOutcome)
}

// Flushed says what became of the recorded calls so far. Rejected ones are not among those sent.
type Flushed struct {
	Sent, Pending, Dropped int64
}

// Bounds of a recorder that its options do not change.
const (
	batchBytes   = 1 << 20
	slowestRound = 30 * time.Second
)

// Recorder sends calls in the background. Record never waits for the network. A batch keeps its key over all its
// attempts, and each call its id, so that no call is counted twice; a batch is sent until the service has answered.
type Recorder struct {
	service *WorkloadService
	id      string
	options RecorderOptions

	mutex    sync.Mutex
	queue    [][]byte
	bytes    int
	isClosed bool
	sent     int64
	dropped  int64
	inFlight int
	reported time.Time
	changed  *sync.Cond

	wake   chan struct{}
	stop   context.CancelFunc
	done   chan struct{}
	pace   time.Duration
	batch  int
	urgent bool
}

// Recorder returns a running recorder for a workload. Close it before the program ends.
func (s *WorkloadService) Recorder(id string, options RecorderOptions) *Recorder {
	options.MaxQueue = positive(options.MaxQueue, 10_000)
	options.MaxBytes = positive(options.MaxBytes, 8<<20)
	options.Batch = positive(options.Batch, 1_000)
	if options.Interval <= 0 {
		options.Interval = time.Second
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Recorder{
		service: s, id: id, options: options, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{}),
		pace: options.Interval, batch: options.Batch,
	}
	r.changed = sync.NewCond(&r.mutex)
	go r.run(ctx)
	return r
}

func positive(value, otherwise int) int {
	if value > 0 {
		return value
	}
	return otherwise
}

// Record takes a call. When the queue is full the call is dropped and counted.
func (r *Recorder) Record(call WorkloadEvent) {
	if call.ID == nil {
		call.ID = Ptr(newID())
	}
	line, err := json.Marshal(call)
	r.mutex.Lock()
	reason := ""
	switch {
	case err != nil:
		reason = "the call cannot be encoded: " + err.Error()
	case r.isClosed:
		reason = "the recorder is closed"
	case len(r.queue) >= r.options.MaxQueue || r.bytes+len(line) > r.options.MaxBytes:
		reason = "the queue is full"
	}
	if reason == "" {
		r.queue = append(r.queue, line)
		r.bytes += len(line)
		isFull := len(r.queue) >= r.batch || r.bytes >= batchBytes
		r.mutex.Unlock()
		if isFull {
			r.nudge()
		}
		return
	}
	report := r.count(1)
	r.mutex.Unlock()
	if report > 0 {
		r.options.OnDrop(int(report), reason)
	}
}

// count adds to what was dropped, and says how many to report: at most once a second. The mutex is held.
func (r *Recorder) count(n int) int64 {
	r.dropped += int64(n)
	if r.options.OnDrop == nil || time.Since(r.reported) < time.Second {
		return 0
	}
	r.reported = time.Now()
	return r.dropped
}

func (r *Recorder) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Stats returns what was sent, what waits and what was dropped.
func (r *Recorder) Stats() Flushed {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return Flushed{Sent: r.sent, Pending: int64(len(r.queue) + r.inFlight), Dropped: r.dropped}
}

// Flush sends what waits and returns when that is done or the context ends.
func (r *Recorder) Flush(ctx context.Context) Flushed {
	stop := context.AfterFunc(ctx, func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.changed.Broadcast()
	})
	defer stop()
	r.mutex.Lock()
	r.urgent = true
	r.nudge()
	for len(r.queue)+r.inFlight > 0 && ctx.Err() == nil {
		r.changed.Wait()
	}
	r.urgent = false
	r.mutex.Unlock()
	return r.Stats()
}

// Close flushes, and refuses calls from then on. What could not be sent when the context ends is dropped and counted.
func (r *Recorder) Close(ctx context.Context) Flushed {
	r.mutex.Lock()
	r.isClosed = true
	r.mutex.Unlock()
	found := r.Flush(ctx)
	r.stop()
	<-r.done
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.dropped += int64(len(r.queue) + r.inFlight)
	r.queue, r.bytes, r.inFlight = nil, 0, 0
	found.Dropped = r.dropped
	return found
}

func (r *Recorder) run(ctx context.Context) {
	defer close(r.done)
	for {
		if !r.await(ctx) {
			return
		}
		for batch, rows := r.taken(); rows > 0; batch, rows = r.taken() {
			if !r.deliver(ctx, batch, rows) {
				return
			}
			if !r.isUrgent() && r.pending() < r.batch {
				break
			}
		}
	}
}

func (r *Recorder) await(ctx context.Context) bool {
	timer := time.NewTimer(r.pace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-r.wake:
	}
	return true
}

func (r *Recorder) isUrgent() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.urgent
}

func (r *Recorder) pending() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.queue)
}

// taken takes a batch from the queue; it stays counted as in flight.
func (r *Recorder) taken() ([]byte, int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	rows, size := 0, 0
	for rows < len(r.queue) && rows < r.batch && (rows == 0 || size+len(r.queue[rows]) <= batchBytes) {
		size += len(r.queue[rows]) + 1
		rows++
	}
	body := bytes.Join(r.queue[:rows], []byte("\n"))
	r.queue = r.queue[rows:]
	if len(r.queue) == 0 {
		r.queue = nil // lets the array go
	}
	r.bytes -= len(body) - max(rows-1, 0)
	r.inFlight = rows
	return body, rows
}

// deliver sends one batch until the service has answered. It returns false when the recorder is closed.
func (r *Recorder) deliver(ctx context.Context, body []byte, rows int) bool {
	key := "go-" + newID()
	pause := 250 * time.Millisecond
	for {
		answer, err := r.service.addLines(ctx, r.id, body, []CallOption{IdempotencyKey(key)})
		if err == nil {
			r.settle(rows, answer)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		var refused *Error
		if errors.As(err, &refused) && isFinal(refused) {
			r.giveUp(rows, refused)
			return true
		}
		if refused != nil && refused.Status == 429 {
			r.slowDown()
			pause = max(pause, refused.RetryAfter)
		}
		if sleep(ctx, min(pause, slowestRound)) != nil {
			return false
		}
		pause = min(pause*2, slowestRound)
	}
}

// isFinal reports whether a repetition would be refused too.
func isFinal(refused *Error) bool {
	return refused.Status >= 400 && refused.Status < 500 &&
		refused.Status != 408 && refused.Status != 409 && refused.Status != 429
}

// slowDown makes requests rarer and larger: all processes of a user share the service's limit.
func (r *Recorder) slowDown() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pace = min(r.pace*2, slowestRound)
	r.batch = min(r.batch*2, mostRows)
}

func (r *Recorder) settle(rows int, answer *EventsTaken) {
	var rejected []RowOutcome
	for _, row := range answer.Results {
		if row.Status == EventStatusRejected {
			rejected = append(rejected, row)
		}
	}
	if len(rejected) > 0 {
		r.service.client.set.logger.Warn("calls were rejected", "workload_id", r.id, "count", len(rejected), "first", text(rowError(rejected[0])))
		if r.options.OnRejected != nil {
			r.options.OnRejected(rejected)
		}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.sent += int64(rows - len(rejected))
	r.inFlight = 0
	r.pace = max(r.options.Interval, r.pace*9/10)
	r.batch = max(r.options.Batch, r.batch*9/10)
	r.changed.Broadcast()
}

func rowError(row RowOutcome) error {
	code, message := "", ""
	if row.Code != nil {
		code = *row.Code
	}
	if row.Message != nil {
		message = *row.Message
	}
	return fmt.Errorf("%s: %s", code, message)
}

func (r *Recorder) giveUp(rows int, refused *Error) {
	r.mutex.Lock()
	r.inFlight = 0
	report := r.count(rows)
	r.changed.Broadcast()
	r.mutex.Unlock()
	r.service.client.set.logger.Error("a batch was refused", "workload_id", r.id, "count", rows, "error", refused.Error())
	if report > 0 {
		r.options.OnDrop(int(report), refused.Error())
	}
}
