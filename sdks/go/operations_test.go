package netra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

type facts map[string]any

// call makes an operation of a scenario out of a function of its arguments.
func call[A any](do func(r *runner, args A) (any, error)) func(*runner, []byte) (any, error) {
	return func(r *runner, encoded []byte) (any, error) {
		args, err := into[A](encoded)
		if err != nil {
			return nil, err
		}
		return do(r, *args)
	}
}

type nothing struct{}

type byID struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Model     string  `json:"model"`
	MissingOK bool    `json:"missing_ok"`
	Count     int     `json:"count"`
	Bad       int     `json:"bad"`
	After     int64   `json:"after"`
	Restart   int64   `json:"restart_after"`
	Timeout   float64 `json:"timeout"`
}

type question struct {
	Message    string  `json:"message"`
	WorkloadID *string `json:"workload_id"`
	Key        string  `json:"idempotency_key"`
	Restart    string  `json:"restart"`
	Count      int     `json:"count"`
}

func (q question) ask() Ask { return Ask{Message: q.Message, WorkloadID: q.WorkloadID} }

// operations are the calls of the scenarios. It is filled by init: some calls use others.
var operations map[string]func(*runner, []byte) (any, error)

func init() {
	operations = map[string]func(*runner, []byte) (any, error){
		"client.use": call(func(r *runner, args struct{ As string }) (any, error) {
			r.use(args.As)
			return nil, nil
		}),
		"client.use_key": call(func(r *runner, args struct{ Key string }) (any, error) {
			r.client = r.made(WithAPIKey(args.Key))
			return nil, nil
		}),
		"auth.sign_in": call(func(r *runner, args LoginRequest) (any, error) {
			client, err := SignIn(ctxOf(r.t), args.Email, args.Password, WithBaseURL(r.rig.BaseURL))
			if err == nil {
				r.client = client
			}
			return nil, err
		}),
		"auth.me":       call(func(r *runner, _ nothing) (any, error) { return r.client.Auth.Me(ctxOf(r.t)) }),
		"auth.refresh":  call(func(r *runner, _ nothing) (any, error) { _, err := r.client.Auth.Refresh(ctxOf(r.t)); return nil, err }),
		"auth.sign_out": call(func(r *runner, _ nothing) (any, error) { return nil, r.client.Auth.SignOut(ctxOf(r.t)) }),
		"auth.register": call(func(r *runner, args RegisterRequest) (any, error) {
			return r.client.Auth.Register(ctxOf(r.t), args)
		}),
		"auth.change_password": call(func(r *runner, args struct{ Current, New string }) (any, error) {
			return r.client.Auth.ChangePassword(ctxOf(r.t), args.Current, args.New)
		}),
		"keys.create": call(func(r *runner, args NewKey) (any, error) {
			args.ExpiresInDays = 90
			made, err := r.client.Keys.Create(ctxOf(r.t), args)
			if err != nil {
				return nil, err
			}
			return facts{"id": made.Key.ID, "secret": made.Secret}, nil
		}),
		"keys.revoke":  call(func(r *runner, args byID) (any, error) { return nil, r.client.Keys.Revoke(ctxOf(r.t), args.ID) }),
		"threads.get":  call(func(r *runner, args byID) (any, error) { return r.client.Threads.Get(ctxOf(r.t), args.ID) }),
		"threads.list": call(listThreads),
		"fill_threads": call(fillThreads),
		"together":     call(together),
		"agent.execute": call(func(r *runner, args question) (any, error) {
			var options []CallOption
			if args.Key != "" {
				options = append(options, IdempotencyKey(args.Key))
			}
			run, err := r.client.Agent.Execute(ctxOf(r.t), args.ask(), options...)
			if err != nil {
				return nil, err
			}
			return facts{"id": run.ID, "thread_id": run.Accepted.ThreadID}, nil
		}),
		"agent.status": call(func(r *runner, args byID) (any, error) { return r.client.Agent.Status(ctxOf(r.t), args.ID) }),
		"agent.attach": call(func(r *runner, args byID) (any, error) { r.client.Agent.Attach(args.ID); return nil, nil }),
		"agent.cancel": call(func(r *runner, args byID) (any, error) {
			found, err := r.client.Agent.Cancel(ctxOf(r.t), args.ID)
			if err != nil {
				return nil, err
			}
			return facts{"ended_or_cancelling": found.Phase != "queued" && found.Phase != "running"}, nil
		}),
		"agent.history": call(history),
		"run.events":    call(runEvents),
		"run.resume_everywhere": call(func(r *runner, args byID) (any, error) {
			whole, err := r.seqs(args.ID, 0)
			same := true
			for after := range whole {
				part, failed := r.seqs(args.ID, int64(after))
				same = same && slices.Equal(part, whole[after:])
				err = errors.Join(err, failed)
			}
			return facts{"same": same}, err
		}),
		"run.two_readers": call(func(r *runner, args byID) (any, error) {
			var found [2][]int64
			var failed [2]error
			var readers sync.WaitGroup
			for n := range found {
				readers.Add(1)
				go func() {
					defer readers.Done()
					found[n], failed[n] = r.seqs(args.ID, 0)
				}()
			}
			readers.Wait()
			return facts{"same": slices.Equal(found[0], found[1])}, errors.Join(failed[:]...)
		}),
		"run.wait": call(func(r *runner, args byID) (any, error) {
			ctx := ctxOf(r.t)
			if args.Timeout > 0 {
				bounded, cancel := context.WithTimeout(ctx, seconds(args.Timeout))
				defer cancel()
				ctx = bounded
			}
			advice, err := r.client.Agent.Attach(args.ID).Wait(ctx)
			if err != nil {
				return nil, err
			}
			return facts{"recommendations": len(advice.Recommendations), "report_length": len(advice.Report)}, nil
		}),
		"canary":    call(canary),
		"leftovers": call(leftovers),
	}
	addWorkloads()
	addLive()
}

func addWorkloads() {
	operations["workloads.create"] = call(func(r *runner, args byID) (any, error) {
		return r.client.Workloads.Create(ctxOf(r.t), args.Name)
	})
	operations["workloads.get"] = call(func(r *runner, args byID) (any, error) {
		return r.client.Workloads.Get(ctxOf(r.t), args.ID)
	})
	operations["workloads.rename"] = call(func(r *runner, args byID) (any, error) {
		return r.client.Workloads.Rename(ctxOf(r.t), args.ID, args.Name)
	})
	operations["workloads.delete"] = call(func(r *runner, args byID) (any, error) {
		if args.MissingOK {
			return nil, r.client.Workloads.Delete(ctxOf(r.t), args.ID, MissingOK())
		}
		return nil, r.client.Workloads.Delete(ctxOf(r.t), args.ID)
	})
	operations["workloads.intake"] = call(func(r *runner, args byID) (any, error) {
		return r.client.Workloads.Intake(ctxOf(r.t), args.ID)
	})
	operations["workloads.add_events"] = call(func(r *runner, args byID) (any, error) {
		taken, err := r.client.Workloads.AddEvents(ctxOf(r.t), args.ID, calls(args.Count, args.Bad))
		if err != nil {
			return nil, err
		}
		last := taken.Results[len(taken.Results)-1].Line
		return facts{"accepted": taken.Accepted, "rejected": taken.Rejected, "duplicates": taken.Duplicates, "last_line": last}, nil
	})
	operations["workloads.decisions"] = call(func(r *runner, args byID) (any, error) {
		return r.client.Workloads.Decisions(ctxOf(r.t), args.ID)
	})
	operations["workloads.decide"] = call(decided)
	operations["workloads.verification"] = call(func(r *runner, args struct{ ID, Key string }) (any, error) {
		return r.client.Workloads.Verification(ctxOf(r.t), args.ID, args.Key)
	})
	operations["workloads.simulate"] = call(func(r *runner, args byID) (any, error) {
		found, err := r.client.Workloads.Simulate(ctxOf(r.t), args.ID, Proposal{Model: &args.Model})
		if err != nil {
			return nil, err
		}
		return facts{"calls": found.Calls, "cheaper": found.ThenUSDInWindow < found.NowUSDInWindow}, nil
	})
	operations["workloads.list_events"] = call(listEvents)
	operations["recorder.send"] = call(record)
}

func addLive() {
	operations["live.ask"] = call(func(r *runner, args question) (any, error) {
		return r.live(func(live *Live) (any, error) {
			run, err := live.Ask(ctxOf(r.t), args.ask())
			if err != nil {
				return nil, err
			}
			return r.heard(run, 0, func(n int) {
				if args.Restart != "" && n == 1 {
					r.rig.restartBy(r.t, args.Restart)
				}
			})
		})
	})
	operations["live.many"] = call(func(r *runner, args question) (any, error) {
		return r.live(func(live *Live) (any, error) {
			var runs []*LiveRun
			for n := range args.Count {
				run, err := live.Ask(ctxOf(r.t), Ask{Message: fmt.Sprintf("%d %% cheaper", 10+n), WorkloadID: args.WorkloadID})
				if err != nil {
					return nil, err
				}
				runs = append(runs, run)
			}
			succeeded := 0
			for _, run := range runs {
				advice, err := run.Wait(ctxOf(r.t))
				if err != nil {
					return nil, err
				}
				if advice.Report != "" {
					succeeded++
				}
			}
			return facts{"succeeded": succeeded}, nil
		})
	})
	operations["live.subscribe"] = call(func(r *runner, args byID) (any, error) {
		return r.live(func(live *Live) (any, error) {
			return r.heard(live.Subscribe(args.ID, args.After), args.After, func(int) {})
		})
	})
	operations["live.stop"] = call(func(r *runner, args question) (any, error) {
		return r.live(func(live *Live) (any, error) {
			run, err := live.Ask(ctxOf(r.t), args.ask())
			if err != nil {
				return nil, err
			}
			if _, err := live.Stop(ctxOf(r.t), run.ID); err != nil {
				return nil, err
			}
			return r.heard(run, 0, func(int) {})
		})
	})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func calls(count, bad int) []WorkloadEvent {
	made := make([]WorkloadEvent, 0, count+bad)
	for n := range count {
		made = append(made, WorkloadEvent{
			ID: Ptr(fmt.Sprintf("c-%d", n)), Timestamp: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC), Model: "gpt-4o",
			InputTokens: int64(100 + n%10), OutputTokens: 10,
		})
	}
	for range bad { // the type has no call without tokens
		made = append(made, WorkloadEvent{Model: "gpt-4o", InputTokens: -1})
	}
	return made
}

func shown(events []*RunEvent, after int64) facts {
	seqs, dense := []int64{}, true
	last := facts{"type": "other"}
	for n, event := range events {
		seqs = append(seqs, event.Seq)
		dense = dense && event.Seq == after+1+int64(n)
		if event.Result != nil {
			last = facts{"type": "agent_result", "success": event.Result.Success}
		}
	}
	found := facts{"seqs": seqs, "dense": dense, "last_seq": after, "last": last}
	if len(seqs) > 0 {
		found["first"], found["last_seq"] = seqs[0], seqs[len(seqs)-1]
	}
	return found
}

func listThreads(r *runner, args struct {
	Limit       int
	Take        int
	IsDisturbed bool `json:"insert_after_first"`
}) (any, error) {
	page, err := r.client.Threads.List(ctxOf(r.t), ListParams{Limit: args.Limit})
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for thread, err := range page.All(ctxOf(r.t)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, thread.ID)
		if args.IsDisturbed && len(ids) == args.Limit {
			if _, err := fillThreads(r, byID{Count: 1}); err != nil {
				return nil, err
			}
		}
		if len(ids) == args.Take {
			break
		}
	}
	return facts{"ids": ids, "count": len(ids), "total": page.Total()}, nil
}

func fillThreads(r *runner, args byID) (any, error) {
	user := r.rig.Users["eve"]
	direct, err := SignIn(ctxOf(r.t), user["email"], user["password"], WithBaseURL(r.rig.DirectURL))
	if err != nil {
		return nil, err
	}
	for n := range args.Count {
		if _, err := direct.Agent.Execute(ctxOf(r.t), Ask{Message: fmt.Sprintf("thread %d", n)}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func together(r *runner, args struct {
	Count int
	Of    string
}) (any, error) {
	done := make(chan error, args.Count)
	for range args.Count {
		go func() {
			_, err := r.do(args.Of, nil)
			done <- err
		}()
	}
	var failed error
	for range args.Count {
		failed = errors.Join(failed, <-done)
	}
	return facts{"done": args.Count}, failed
}

func history(r *runner, args struct {
	ThreadID   string `json:"thread_id"`
	WorkloadID string `json:"workload_id"`
	Status     string
	Q          string
	Limit      int
}) (any, error) {
	params := HistoryParams{ThreadID: args.ThreadID, WorkloadID: args.WorkloadID, Status: args.Status, Q: args.Q, Limit: args.Limit}
	page, err := r.client.Agent.History(ctxOf(r.t), params)
	if err != nil || args.ThreadID == "" {
		return facts{"total": totalOf(page)}, err
	}
	ids := []string{}
	for line, err := range page.All(ctxOf(r.t)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, line.RunID)
	}
	return facts{"total": page.Total(), "ids": ids}, nil
}

func totalOf[T any](page *Page[T]) int64 {
	if page == nil {
		return 0
	}
	return page.Total()
}

func decided(r *runner, args struct {
	ID, Key, Etag string
	State         DecisionState
	Run           *string `json:"run_id"`
}) (any, error) {
	var options []CallOption
	if args.Etag != "" {
		options = append(options, IfMatch(args.Etag))
	}
	decision := NewDecision{State: args.State, RunID: args.Run}
	return r.client.Workloads.Decide(ctxOf(r.t), args.ID, args.Key, decision, options...)
}

func listEvents(r *runner, args struct {
	ID    string
	Model any
	Sort  string
	Limit int
}) (any, error) {
	params := EventsParams{Sort: args.Sort, Limit: args.Limit}
	switch model := args.Model.(type) {
	case string:
		params.Model = []string{model}
	case []any:
		params.Model = converted[[]string](r.t, model)
	}
	page, err := r.client.Workloads.ListEvents(ctxOf(r.t), args.ID, params)
	if err != nil {
		return nil, err
	}
	ids, priced := []string{}, true
	for _, one := range page.Data {
		ids = append(ids, *one.Event.ID)
		priced = priced && one.USD != nil && *one.USD > 0
	}
	return facts{"total": page.Total(), "ids": ids, "priced": priced}, nil
}

func runEvents(r *runner, args byID) (any, error) {
	var events []*RunEvent
	for event, err := range r.client.Agent.Events(ctxOf(r.t), args.ID, args.After) {
		if err != nil {
			return nil, err
		}
		events = append(events, event)
		if event.Seq == args.Restart {
			r.rig.restart(r.t)
		}
	}
	return shown(events, args.After), nil
}

func (r *runner) seqs(id string, after int64) ([]int64, error) {
	found := []int64{}
	for event, err := range r.client.Agent.Events(ctxOf(r.t), id, after) {
		if err != nil {
			return nil, err
		}
		found = append(found, event.Seq)
	}
	return found, nil
}

func record(r *runner, args struct {
	byID
	MaxQueue int `json:"max_queue"`
	Restart  bool
	Close    bool
}) (any, error) {
	var told, rejected int
	recorder := r.client.Workloads.Recorder(args.ID, RecorderOptions{
		MaxQueue: args.MaxQueue, OnDrop: func(count int, _ string) { told += count },
		OnRejected: func(rows []RowOutcome) { rejected += len(rows) },
	})
	for _, one := range calls(args.Count, args.Bad) {
		recorder.Record(one)
	}
	if args.Restart {
		r.rig.restart(r.t)
	}
	if args.Timeout == 0 {
		args.Timeout = 10
	}
	ctx, cancel := context.WithTimeout(ctxOf(r.t), seconds(args.Timeout))
	defer cancel()
	var found Flushed
	if args.Close {
		found = recorder.Close(ctx)
	} else {
		found = recorder.Flush(ctx)
		cancel()
		recorder.Close(ctx)
	}
	return facts{
		"sent": found.Sent, "pending": found.Pending, "dropped": found.Dropped, "told": told, "rejected_rows": rejected,
	}, nil
}

func (r *runner) live(use func(*Live) (any, error)) (any, error) {
	live, err := r.client.Live(ctxOf(r.t))
	if err != nil {
		return nil, err
	}
	defer live.Close()
	return use(live)
}

// heard follows a run to its end and tells `each` how many events came.
func (r *runner) heard(run *LiveRun, after int64, each func(n int)) (any, error) {
	var events []*RunEvent
	for event, err := range next(r, run) {
		if err != nil {
			return nil, err
		}
		events = append(events, event)
		each(len(events))
	}
	return shown(events, after), nil
}

func next(r *runner, run *LiveRun) iter.Seq2[*RunEvent, error] {
	return func(yield func(*RunEvent, error) bool) {
		for {
			event, ok, err := run.Next(ctxOf(r.t))
			if err != nil {
				yield(nil, err)
			}
			if err != nil || !ok || !yield(event, nil) {
				return
			}
		}
	}
}

// canary counts the places that show a secret: log lines, errors and printed values.
func canary(r *runner, _ nothing) (any, error) {
	tokens := r.client.set.source.Load()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := New(WithBaseURL(r.rig.BaseURL), WithTokenSource(NewMemoryTokens(tokens)), WithLogger(logger))
	if err != nil {
		return nil, err
	}
	if _, err := client.Auth.Me(ctxOf(r.t)); err != nil {
		return nil, err
	}
	_, refused := client.Threads.Get(ctxOf(r.t), "thread-none")
	slog.New(slog.NewJSONHandler(&log, nil)).Info("signed in", "tokens", tokens)
	seen := strings.Split(log.String(), "\n")
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		seen = append(seen, fmt.Sprintf(form, refused), fmt.Sprintf(form, client), fmt.Sprintf(form, tokens), fmt.Sprintf(form, client.set.source))
	}
	leaks := 0
	for _, line := range seen {
		if strings.Contains(line, tokens.AccessToken) || strings.Contains(line, tokens.RefreshToken) {
			leaks++
		}
	}
	if len(seen) < 18 {
		r.t.Fatal("too little was seen")
	}
	return facts{"leaks": leaks}, nil
}

// leftovers counts the goroutines that a client leaves behind.
func leftovers(r *runner, _ nothing) (any, error) {
	http := r.client.http
	before := runtime.NumGoroutine()
	client, err := New(WithBaseURL(r.rig.BaseURL), WithAPIKey(r.rig.Keys["all"]))
	if err != nil {
		return nil, err
	}
	card, err := client.Workloads.Create(ctxOf(r.t), "left")
	if err != nil {
		return nil, err
	}
	recorder := client.Workloads.Recorder(card.ID, RecorderOptions{})
	recorder.Record(calls(1, 0)[0])
	run, err := client.Agent.Execute(ctxOf(r.t), Ask{Message: "What can you do?"})
	if err != nil {
		return nil, err
	}
	for range run.Events(ctxOf(r.t)) {
		break
	}
	if _, err := run.Wait(ctxOf(r.t)); err != nil {
		return nil, err
	}
	recorder.Close(ctxOf(r.t))
	client.Close()
	http.CloseIdleConnections()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	return facts{"left": max(0, runtime.NumGoroutine()-before)}, nil
}
