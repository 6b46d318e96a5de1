package netra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestKindsAreThoseOfTheSpec(t *testing.T) {
	text, err := os.ReadFile("../spec/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	for code := range spec {
		if _, ok := kinds[code]; !ok {
			t.Errorf("no kind for the error code %s", code)
		}
	}
	if len(kinds) != len(spec) {
		t.Errorf("%d kinds for %d codes", len(kinds), len(spec))
	}
}

func TestEveryOperationHasItsMethod(t *testing.T) {
	text, err := os.ReadFile("../spec/methods.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec map[string]struct {
		Go *string `json:"go"`
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	client, _ := New(WithAPIKey("nk_x"))
	for id, one := range spec {
		if one.Go == nil || strings.HasPrefix(*one.Go, "netra.") {
			continue
		}
		name, _, _ := strings.Cut(*one.Go, "(")
		parts := strings.Split(name, ".")
		at := reflect.ValueOf(client)
		for _, part := range parts[:len(parts)-1] {
			at = reflect.Indirect(at).FieldByName(part)
		}
		if !at.IsValid() || !at.MethodByName(parts[len(parts)-1]).IsValid() {
			t.Errorf("%s: the SDK has no %s", id, name)
		}
	}
}

func TestIdentity(t *testing.T) {
	rig := theRig(t)
	client := rig.signedIn(t)
	me, err := client.Auth.Me(ctxOf(t))
	if err != nil || me.Email != rig.Users["ada"]["email"] {
		t.Fatal(me, err)
	}
	_, err = SignIn(ctxOf(t), "ada@example.com", "wrong", WithBaseURL(rig.BaseURL))
	var refused *Error
	if !errors.Is(err, ErrUnauthorized) || !errors.As(err, &refused) || refused.RequestID == "" {
		t.Fatal(err)
	}
	_, err = rig.client(t, WithAPIKey(rig.Keys["read"])).Agent.Execute(ctxOf(t), Ask{Message: "cheaper"})
	if !errors.Is(err, ErrForbidden) {
		t.Fatal(err)
	}
	if err := client.Auth.SignOut(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
}

func TestTwentyCallsRefreshOnce(t *testing.T) {
	rig := theRig(t)
	client := rig.signedIn(t)
	source := client.set.source
	old := source.Load()
	_ = source.Save(Tokens{AccessToken: old.AccessToken, RefreshToken: old.RefreshToken, ExpiresAt: time.Now().Add(time.Second)})
	rig.faults(t)
	var group sync.WaitGroup
	failures := make(chan error, 20)
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := client.Auth.Me(ctxOf(t))
			failures <- err
		}()
	}
	group.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			t.Fatal(err)
		}
	}
	if found := rig.requests(t, "POST", "/api/auth/refresh"); len(found) != 1 {
		t.Fatalf("%d refreshes", len(found))
	}
}

func TestARefreshSurvivesALostAnswer(t *testing.T) {
	rig := theRig(t)
	client := rig.signedIn(t)
	rig.faults(t, fault{"match": "POST /api/auth/refresh", "do": "lose_answer"})
	if _, err := client.Auth.Refresh(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Auth.Me(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	found := rig.requests(t, "POST", "/api/auth/refresh")
	if len(found) != 2 || found[0].Headers["idempotency-key"] != found[1].Headers["idempotency-key"] {
		t.Fatal(found)
	}
}

func TestErrors(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	_, err := client.Agent.Status(ctxOf(t), "run-unknown")
	var refused *Error
	if !errors.Is(err, ErrNotFound) || !errors.As(err, &refused) || refused.Status != 404 || refused.RequestID == "" {
		t.Fatal(err)
	}
	_, err = client.Workloads.Create(ctxOf(t), "")
	if !errors.Is(err, ErrInvalidRequest) {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		fault fault
		kind  error
	}{
		"html":      {fault{"match": "GET /api/auth/me", "do": "status", "code": 502, "body": "html", "times": 9}, ErrUnexpectedAnswer},
		"truncated": {fault{"match": "GET /api/auth/me", "do": "truncate_json", "times": 9}, ErrUnexpectedAnswer},
		"internal":  {fault{"match": "GET /api/auth/me", "do": "status", "code": 500, "error": "INTERNAL_ERROR"}, ErrServer},
		"unknown":   {fault{"match": "GET /api/auth/me", "do": "status", "code": 418, "error": "TEAPOT"}, ErrInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			rig.faults(t, one.fault)
			_, err := client.Auth.Me(ctxOf(t))
			if !errors.Is(err, one.kind) {
				t.Fatal(err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), rig.Keys["all"]) {
				t.Fatal("the key is in the error")
			}
		})
	}
	if found := fmt.Sprintf("%v %+v %#v", client, client, client); strings.Contains(found, rig.Keys["all"]) {
		t.Fatal("the key is in the client's text")
	}
}

func TestRepeats(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	t.Run("lost answer of execute makes one run", func(t *testing.T) {
		rig.faults(t, fault{"match": "POST /api/agent/execute", "do": "lose_answer"})
		run := rig.ask(t, client)
		found := rig.requests(t, "POST", "/api/agent/execute")
		if len(found) != 2 || found[0].Headers["idempotency-key"] != found[1].Headers["idempotency-key"] || found[0].Body != found[1].Body {
			t.Fatal(found)
		}
		dense(t, seqs(t, run))
	})
	t.Run("lost answer of a read", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "lose_answer"})
		if _, err := client.Auth.Me(ctxOf(t)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("refused, then fine", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "refuse", "times": 2})
		if _, err := client.Auth.Me(ctxOf(t)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("lost answer of a deletion", func(t *testing.T) {
		card, err := client.Workloads.Create(ctxOf(t), "short-lived")
		if err != nil {
			t.Fatal(err)
		}
		rig.faults(t, fault{"match": "DELETE /api/workloads/*", "do": "lose_answer"})
		if err := client.Workloads.Delete(ctxOf(t), card.ID); err != nil {
			t.Fatal(err)
		}
		if err := client.Workloads.Delete(ctxOf(t), card.ID); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		if err := client.Workloads.Delete(ctxOf(t), card.ID, MissingOK()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("lost answer of a new key is asked for again", func(t *testing.T) {
		signed := rig.signedIn(t)
		rig.faults(t, fault{"match": "POST /api/keys", "do": "lose_answer"})
		made, err := signed.Keys.Create(ctxOf(t), NewKey{Name: "lost", Scopes: []KeyScope{KeyScopeRead}})
		if err != nil || made.Secret == "" || len(rig.requests(t, "POST", "/api/keys")) != 2 {
			t.Fatal(err)
		}
	})
	t.Run("503 waits as long as asked", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "status", "code": 503, "retry_after": 1})
		if _, err := client.Auth.Me(ctxOf(t)); err != nil {
			t.Fatal(err)
		}
		found := rig.requests(t, "GET", "/api/auth/me")
		if len(found) != 2 || found[1].AtMs-found[0].AtMs < 1000 {
			t.Fatal(found)
		}
	})
	t.Run("a long Retry-After is raised", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "status", "code": 429, "error": "RATE_LIMITED", "retry_after": 3600})
		_, err := client.Auth.Me(ctxOf(t))
		var refused *Error
		if !errors.Is(err, ErrRateLimited) || !errors.As(err, &refused) || refused.RetryAfter != time.Hour {
			t.Fatal(err)
		}
		if len(rig.requests(t, "GET", "/api/auth/me")) != 1 {
			t.Fatal("repeated")
		}
	})
	t.Run("500 is not repeated", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "status", "code": 500, "error": "INTERNAL_ERROR"})
		if _, err := client.Auth.Me(ctxOf(t)); !errors.Is(err, ErrServer) || len(rig.requests(t, "GET", "/api/auth/me")) != 1 {
			t.Fatal(err)
		}
	})
	t.Run("a key that belongs to another request", func(t *testing.T) {
		if _, err := client.Workloads.Create(ctxOf(t), "one", IdempotencyKey("same-key-1")); err != nil {
			t.Fatal(err)
		}
		_, err := client.Workloads.Create(ctxOf(t), "two", IdempotencyKey("same-key-1"))
		if !errors.Is(err, ErrIdempotencyKeyReused) {
			t.Fatal(err)
		}
	})
	t.Run("the timeout is the whole call's", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/auth/me", "do": "stall", "s": 60, "times": 9})
		_, err := client.Auth.Me(ctxOf(t), Timeout(300*time.Millisecond))
		if !errors.Is(err, ErrTimedOut) || !errors.Is(err, ErrConnectionFailed) {
			t.Fatal(err)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		listener, _ := net.Listen("tcp", "127.0.0.1:0")
		listener.Close()
		other, _ := New(WithAPIKey("nk_x"), WithBaseURL("http://"+listener.Addr().String()), WithMaxRetries(0))
		if _, err := other.Auth.Me(ctxOf(t)); !errors.Is(err, ErrConnectionFailed) || errors.Is(err, ErrTimedOut) {
			t.Fatal(err)
		}
	})
}

func TestRunsSurviveEveryCut(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	run := rig.ask(t, client)
	all := seqs(t, run)
	dense(t, all)
	path := "GET /api/agent/stream/*"
	for name, faults := range map[string][]fault{
		"after every event": {{"match": path, "do": "cut_after_events", "events": 1, "times": len(all) + 1}},
		"inside a frame":    {{"match": path, "do": "cut_after_events", "events": 2, "more_bytes": 25, "times": 3}},
		"one byte a packet": {{"match": path, "do": "split"}},
		"refused":           {{"match": path, "do": "refuse", "times": 3}},
		"unavailable":       {{"match": path, "do": "status", "code": 503, "retry_after": 0, "times": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			rig.faults(t, faults...)
			dense(t, seqs(t, client.Agent.Attach(run.ID)))
		})
	}
	t.Run("resume at every place", func(t *testing.T) {
		for _, after := range all {
			var found []int64
			for event, err := range run.EventsAfter(ctxOf(t), after) {
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, event.Seq)
			}
			if len(found) != len(all)-int(after) {
				t.Fatalf("after %d: %v", after, found)
			}
		}
	})
	t.Run("silent stream", func(t *testing.T) {
		rig.faults(t, fault{"match": path, "do": "stall", "events": 1, "s": 30})
		short := rig.client(t, WithIdleTimeout(200*time.Millisecond))
		dense(t, seqs(t, short.Agent.Attach(run.ID)))
	})
	t.Run("stranger", func(t *testing.T) {
		for _, err := range rig.client(t).Agent.Events(ctxOf(t), "run-of-a-stranger", 0) {
			if !errors.Is(err, ErrNotFound) {
				t.Fatal(err)
			}
		}
	})
	t.Run("always cut", func(t *testing.T) {
		rig.faults(t, fault{"match": path, "do": "cut_after_bytes", "bytes": 1, "times": 99})
		for _, err := range client.Agent.Events(ctxOf(t), run.ID, 0) {
			var ended *RunEnded
			if !errors.Is(err, ErrStreamBroken) || !errors.As(err, &ended) || ended.LastSeq != 0 {
				t.Fatal(err)
			}
		}
	})
}

func TestARunSurvivesAKilledServer(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t, WithMaxRetries(5))
	run := rig.ask(t, client)
	killed := false
	var found []int64
	for event, err := range run.Events(ctxOf(t)) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, event.Seq)
		if !killed {
			killed = true
			rig.restart(t)
		}
	}
	dense(t, found)
	if _, err := run.Wait(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
}

func TestWait(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	answer, err := client.Ask(ctxOf(t), Ask{Message: "20 % cheaper", WorkloadID: &rig.WorkloadID})
	if err != nil || answer.Advice.Report == "" || answer.ThreadID == "" {
		t.Fatal(answer, err)
	}
	t.Run("a context that ends leaves the run", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/agent/stream/*", "do": "stall", "s": 60, "times": 9})
		ctx, cancel := context.WithTimeout(ctxOf(t), 100*time.Millisecond)
		defer cancel()
		_, err := answer.Run.Wait(ctx)
		if !errors.Is(err, ErrWaitTimeout) {
			t.Fatal(err)
		}
	})
	t.Run("text", func(t *testing.T) {
		rig.faults(t)
		so := ""
		for piece, err := range answer.Run.Text(ctxOf(t)) {
			if err != nil {
				t.Fatal(err)
			}
			if piece.Restarted {
				so = ""
			}
			so += piece.Text
		}
		if so != answer.Advice.Report {
			t.Fatalf("%q", so)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		run := rig.ask(t, client)
		status, err := run.Cancel(ctxOf(t))
		if err != nil {
			t.Fatal(err)
		}
		_, err = run.Wait(ctxOf(t))
		if status.Status == RunStateCancelled && !errors.Is(err, ErrRunCancelled) {
			t.Fatal(err)
		}
	})
}

func TestPages(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	for n := range 7 {
		if _, err := client.Workloads.Create(ctxOf(t), fmt.Sprintf("page %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	rig.faults(t)
	page, err := client.Workloads.List(ctxOf(t), ListParams{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for card, err := range page.All(ctxOf(t)) {
		if err != nil || seen[card.ID] {
			t.Fatal(card, err)
		}
		seen[card.ID] = true
	}
	if int64(len(seen)) != page.Total() {
		t.Fatalf("%d of %d", len(seen), page.Total())
	}
	t.Run("leaving early asks no more", func(t *testing.T) {
		rig.faults(t)
		page, _ := client.Workloads.List(ctxOf(t), ListParams{Limit: 3})
		for range page.All(ctxOf(t)) {
			break
		}
		if n := len(rig.requests(t, "GET", "/api/workloads")); n != 1 {
			t.Fatal(n)
		}
	})
	t.Run("an empty page does not end it", func(t *testing.T) {
		rig.faults(t, fault{"match": "GET /api/workloads", "do": "rewrite", "set": map[string]any{"data": []any{}}})
		page, _ := client.Workloads.List(ctxOf(t), ListParams{Limit: 3})
		count := 0
		for _, err := range page.All(ctxOf(t)) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != len(seen)-3 {
			t.Fatal(count)
		}
	})
	t.Run("a page that names itself", func(t *testing.T) {
		page, _ := client.Workloads.List(ctxOf(t), ListParams{Limit: 3})
		page.from = *page.Pagination.NextCursor
		if _, err := page.Next(ctxOf(t)); !errors.Is(err, ErrUnexpectedAnswer) {
			t.Fatal(err)
		}
	})
}

func callOf(n int) WorkloadEvent {
	return WorkloadEvent{
		Timestamp: time.Date(2026, 10, 1, 0, 0, n%86_400, 0, time.UTC), Model: "gpt-4o", InputTokens: 900, OutputTokens: 90,
		ID: Ptr(fmt.Sprintf("go-%d", n)), Feature: Ptr("chat"),
	}
}

func TestAddEvents(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	card, err := client.Workloads.Create(ctxOf(t), "added")
	if err != nil {
		t.Fatal(err)
	}
	calls := make([]WorkloadEvent, 10_050)
	for n := range calls {
		calls[n] = callOf(n)
	}
	calls[10_049].InputTokens = -1
	rig.faults(t, fault{"match": "POST /api/workloads/*/events", "do": "lose_answer"})
	taken, err := client.Workloads.AddEvents(ctxOf(t), card.ID, calls)
	if err != nil {
		t.Fatal(err)
	}
	if taken.Accepted != 10_049 || taken.Rejected != 1 {
		t.Fatal(taken.Accepted, taken.Duplicates, taken.Rejected)
	}
	detail, err := client.Workloads.Get(ctxOf(t), card.ID)
	if err != nil || detail.EventCount != 10_049 {
		t.Fatal(detail, err)
	}
	simulated, err := client.Workloads.Simulate(ctxOf(t), card.ID, Proposal{Model: Ptr("gpt-4o-mini")})
	if err != nil || simulated.ThenUSDInWindow >= simulated.NowUSDInWindow {
		t.Fatal(simulated, err)
	}
	explained, err := client.Workloads.Explain(ctxOf(t), card.ID, PeriodTexts{
		Before: "2026-10-01T00:00:00Z/2026-10-01T01:00:00Z", After: Ptr("2026-10-01T01:00:00Z/2026-10-01T02:00:00Z"),
	})
	if err != nil || explained.BeforeUSD <= 0 {
		t.Fatal(explained, err)
	}
}

func TestRecorderLosesAndDoublesNothing(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t, WithMaxRetries(0))
	card, err := client.Workloads.Create(ctxOf(t), "recorded")
	if err != nil {
		t.Fatal(err)
	}
	path := "POST /api/workloads/*/events"
	rig.faults(t,
		fault{"match": path, "do": "lose_answer", "nth": 1},
		fault{"match": path, "do": "refuse", "nth": 3},
		fault{"match": path, "do": "status", "code": 429, "error": "RATE_LIMITED", "retry_after": 0, "nth": 4},
		fault{"match": path, "do": "status", "code": 503, "retry_after": 0, "nth": 6},
	)
	recorder := client.Workloads.Recorder(card.ID, RecorderOptions{MaxQueue: 30_000, Interval: 50 * time.Millisecond})
	for n := range 25_000 {
		recorder.Record(callOf(n))
		if n == 12_000 {
			rig.restart(t)
		}
	}
	found := recorder.Close(ctxOf(t))
	if found.Sent != 25_000 || found.Dropped != 0 || found.Pending != 0 {
		t.Fatal(found)
	}
	detail, err := client.Workloads.Get(ctxOf(t), card.ID)
	if err != nil || detail.EventCount != 25_000 {
		t.Fatal(detail, err)
	}
}

func TestRecorderWithoutAServer(t *testing.T) {
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	listener.Close()
	client, _ := New(WithAPIKey("nk_x"), WithBaseURL("http://"+listener.Addr().String()), WithMaxRetries(0))
	var dropped int
	recorder := client.Workloads.Recorder("wl-1", RecorderOptions{MaxQueue: 10, OnDrop: func(n int, _ string) { dropped = n }})
	for n := range 12 {
		recorder.Record(callOf(n))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if found := recorder.Flush(ctx); found.Pending == 0 || found.Sent != 0 {
		t.Fatal(found)
	}
	if found := recorder.Close(ctx); found.Dropped != 12 || dropped == 0 {
		t.Fatal(found, dropped)
	}
}

func TestRejectedCallsAreReported(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	card, _ := client.Workloads.Create(ctxOf(t), "rejected")
	var rows []RowOutcome
	recorder := client.Workloads.Recorder(card.ID, RecorderOptions{OnRejected: func(r []RowOutcome) { rows = r }})
	wrong := callOf(1)
	wrong.OutputTokens = -5
	recorder.Record(wrong)
	recorder.Close(ctxOf(t))
	if len(rows) != 1 || rows[0].Code == nil {
		t.Fatal(rows)
	}
}

func TestLive(t *testing.T) {
	rig := theRig(t)
	client := rig.signedIn(t)
	live, err := client.Live(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Ping(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	run, err := live.Ask(ctxOf(t), Ask{Message: "20 % cheaper", WorkloadID: &rig.WorkloadID})
	if err != nil {
		t.Fatal(err)
	}
	var last *RunEvent
	for {
		event, ok, err := run.Next(ctxOf(t))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		last = event
	}
	if last == nil || last.Result == nil || !last.Result.Success {
		t.Fatal(last)
	}
	second, err := live.Ask(ctxOf(t), Ask{Message: "2x faster", WorkloadID: &rig.WorkloadID})
	if err != nil {
		t.Fatal(err)
	}
	rig.restart(t) // the connection is lost; the run goes on
	if advice, err := second.Wait(ctxOf(t)); err != nil || advice == nil {
		t.Fatal(err)
	}
	live.Close()
	if _, err := live.Subscribe("run-x", 0).Wait(ctxOf(t)); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestLiveRefusesAWrongKey(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t, WithAPIKey("nk_wrong"))
	if _, err := client.Live(ctxOf(t)); !errors.Is(err, ErrUnauthorized) {
		t.Fatal(err)
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	rig := theRig(t)
	rig.ask(t, rig.client(t))
	before := runtime.NumGoroutine()
	for range 5 {
		client := rig.client(t, WithHTTPClient(nil))
		run := rig.ask(t, client)
		if _, err := run.Wait(ctxOf(t)); err != nil {
			t.Fatal(err)
		}
		live, err := client.Live(ctxOf(t))
		if err != nil {
			t.Fatal(err)
		}
		live.Close()
		client.Close()
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before+2; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestSmallReads(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	if health, err := client.Health.Check(ctxOf(t)); err != nil || health.Status == "" {
		t.Fatal(err)
	}
	if ready, err := client.Health.Ready(ctxOf(t)); err != nil || !ready.Ready {
		t.Fatal(err)
	}
	if _, err := client.Health.Dependencies(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Config(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	rig.faults(t, fault{"match": "GET /health/ready", "do": "rewrite", "set": map[string]any{"ready": false}})
	if ready, err := client.Health.Ready(ctxOf(t)); err != nil || ready.Ready {
		t.Fatal(ready, err)
	}
	run := rig.ask(t, client)
	if _, err := run.Wait(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	history, err := client.Agent.History(ctxOf(t), HistoryParams{ThreadID: run.Accepted.ThreadID})
	if err != nil || history.Total() != 1 || history.Data[0].RunID != run.ID {
		t.Fatal(history, err)
	}
	filtered := HistoryParams{ThreadID: run.Accepted.ThreadID, Status: "completed", Q: "% CHEAPER", Since: run.Accepted.CreatedAt}
	if history, err = client.Agent.History(ctxOf(t), filtered); err != nil || history.Total() != 1 {
		t.Fatal(history, err)
	}
	filtered.Until = run.Accepted.CreatedAt
	if history, err = client.Agent.History(ctxOf(t), filtered); err != nil || history.Total() != 0 {
		t.Fatal(history, err)
	}
	events, err := client.Workloads.ListEvents(ctxOf(t), rig.WorkloadID, EventsParams{
		Limit: 3, Model: []string{"gpt-4o", "none"}, Sort: "-usd", Without: []string{"session"},
	})
	if err != nil || events.Total() <= 3 || len(events.Data) != 3 || *events.Data[0].USD < *events.Data[2].USD {
		t.Fatal(events, err)
	}
	if intake, err := client.Workloads.Intake(ctxOf(t), rig.WorkloadID); err != nil || len(intake.Emitters) != 0 {
		t.Fatal(intake, err)
	}
	thread, err := client.Threads.Get(ctxOf(t), run.Accepted.ThreadID)
	if err != nil || len(thread.Messages) == 0 {
		t.Fatal(err)
	}
	if _, err := client.Threads.Rename(ctxOf(t), thread.ID, "renamed"); err != nil {
		t.Fatal(err)
	}
	if page, err := client.Threads.List(ctxOf(t), ListParams{}); err != nil || page.Data[0].Title != "renamed" {
		t.Fatal(err)
	}
	if err := client.Threads.Delete(ctxOf(t), thread.ID); err != nil {
		t.Fatal(err)
	}
	signed := rig.signedIn(t)
	if sessions, err := signed.Auth.Sessions.List(ctxOf(t)); err != nil || len(sessions.Data) == 0 {
		t.Fatal(err)
	}
	made, err := signed.Keys.Create(ctxOf(t), NewKey{Name: "go", Scopes: []KeyScope{KeyScopeRead}, ExpiresInDays: 1})
	if err != nil || made.Secret == "" {
		t.Fatal(err)
	}
	if err := signed.Keys.Revoke(ctxOf(t), made.Key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := rig.client(t, WithAPIKey(made.Secret)).Auth.Me(ctxOf(t)); !errors.Is(err, ErrUnauthorized) {
		t.Fatal(err)
	}
	if _, err := signed.Auth.Ticket(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
}

func TestConfiguration(t *testing.T) {
	for _, option := range []Option{WithBaseURL("ftp://host"), WithBaseURL("://"), WithAPIKey("nk_a\nb")} {
		if _, err := New(option); !errors.Is(err, ErrConfiguration) {
			t.Fatal(err)
		}
	}
	t.Setenv("NETRA_API_KEY", "nk_env")
	t.Setenv("NETRA_BASE_URL", "http://example.test/prefix/")
	client, err := New()
	if err != nil || client.set.apiKey != "nk_env" || client.base != "http://example.test/prefix" {
		t.Fatal(client, err)
	}
}
