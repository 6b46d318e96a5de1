package netra

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestDecisions(t *testing.T) {
	in := func(status int, code string, after time.Duration) *Error {
		return &Error{Status: status, Code: code, RetryAfter: after}
	}
	for name, one := range map[string]struct {
		kind     safety
		what     happening
		refused  *Error
		canRenew bool
		want     decision
	}{
		"nothing was sent":                {onceOnly, notSent, nil, false, again},
		"lost answer of a read":           {safeRead, ambiguous, nil, false, again},
		"lost answer, once only":          {onceOnly, ambiguous, nil, false, unknown},
		"limited":                         {onceOnly, answered, in(429, "RATE_LIMITED", time.Second), false, again},
		"limited for long":                {safeRead, answered, in(429, "RATE_LIMITED", time.Hour), false, giveUp},
		"unavailable":                     {keyed, answered, in(503, "SERVICE_UNAVAILABLE", 0), false, again},
		"in progress":                     {keyed, answered, in(409, "IDEMPOTENCY_IN_PROGRESS", 0), false, again},
		"conflict":                        {keyed, answered, in(409, "CONFLICT", 0), false, giveUp},
		"unauthorized with a token":       {safeRead, answered, in(401, "UNAUTHORIZED", 0), true, renew},
		"unauthorized with an API key":    {safeRead, answered, in(401, "UNAUTHORIZED", 0), false, giveUp},
		"a defect of the service":         {safeRead, answered, in(500, "INTERNAL_ERROR", 0), false, giveUp},
		"an answer that is not Netra's":   {safeRead, answered, nil, false, giveUp},
		"lost answer of a keyed creation": {keyed, ambiguous, nil, false, again},
	} {
		t.Run(name, func(t *testing.T) {
			if found := decide(one.kind, one.what, one.refused, one.canRenew, time.Minute); found != one.want {
				t.Fatal(found)
			}
		})
	}
}

func TestDelays(t *testing.T) {
	for attempt := range 40 {
		for _, random := range []float64{0, 0.5, 0.999} {
			found := delay(attempt, 0, random)
			if found < baseDelay/2 || found > mostDelay {
				t.Fatal(attempt, random, found)
			}
		}
	}
	if found := delay(0, 3*time.Second, 0); found != 3*time.Second {
		t.Fatal(found)
	}
}

func TestKindsByStatus(t *testing.T) {
	for status, want := range map[int]error{
		400: ErrInvalidRequest, 401: ErrUnauthorized, 403: ErrForbidden, 404: ErrNotFound, 409: ErrConflict, 410: ErrGone,
		413: ErrPayloadTooLarge, 415: ErrUnsupportedMediaType, 422: ErrValidationFailed, 429: ErrRateLimited,
		500: ErrServer, 503: ErrUnavailable,
	} {
		if err := error(&Error{Status: status, Code: "UNKNOWN_CODE"}); !errors.Is(err, want) {
			t.Errorf("%d is no %v", status, want)
		}
	}
}

func TestAccount(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	email := fmt.Sprintf("go-%s@example.com", newID())
	card, err := client.Auth.Register(ctxOf(t), RegisterRequest{Email: email, Name: "Go", Password: "correct horse battery"})
	if err != nil || card.Email != email {
		t.Fatal(err)
	}
	signed, err := SignIn(ctxOf(t), email, "correct horse battery", WithBaseURL(rig.BaseURL), WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Close()
	if _, err := signed.Auth.ChangePassword(ctxOf(t), "correct horse battery", "another horse battery"); err != nil {
		t.Fatal(err)
	}
	again, err := SignIn(ctxOf(t), email, "another horse battery", WithBaseURL(rig.BaseURL), WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Keys.Create(ctxOf(t), NewKey{Name: "one", Scopes: []KeyScope{KeyScopeRead}}); err != nil {
		t.Fatal(err)
	}
	if err := again.Keys.RevokeAll(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	if keys, err := again.Keys.List(ctxOf(t)); err != nil || len(keys.Data) != 0 {
		t.Fatal(keys, err)
	}
	if _, err := again.Auth.Exchange(ctxOf(t), "wrong-code"); err == nil {
		t.Fatal("a wrong code was taken")
	}
	if _, err := again.Auth.Authorize(ctxOf(t), "http://127.0.0.1/x"); err == nil {
		t.Fatal("Google is not configured here")
	}
	if _, err := again.Audit.List(ctxOf(t), AuditParams{Limit: 1, Event: "signed_in", UserID: 1}); !errors.Is(err, ErrForbidden) {
		t.Fatal(err)
	}
	sessions, err := again.Auth.Sessions.List(ctxOf(t))
	if err != nil || len(sessions.Data) == 0 {
		t.Fatal(err)
	}
	if err := again.Auth.Sessions.End(ctxOf(t), sessions.Data[len(sessions.Data)-1].ID); err != nil {
		t.Fatal(err)
	}
	if err := again.Auth.Sessions.EndAll(ctxOf(t)); err != nil && !errors.Is(err, ErrUnauthorized) {
		t.Fatal(err)
	}
	_, err = again.Auth.Refresh(ctxOf(t))
	if !errors.Is(err, ErrSessionLost) {
		t.Fatal(err)
	}
	if _, err := client.Auth.Refresh(ctxOf(t)); !errors.Is(err, ErrConfiguration) {
		t.Fatal(err)
	}
}

func TestAnExpiredTokenIsRenewedOnce(t *testing.T) {
	rig := theRig(t)
	client := rig.signedIn(t)
	source := client.set.source
	old := source.Load()
	_ = source.Save(Tokens{AccessToken: "not-valid", RefreshToken: old.RefreshToken, ExpiresAt: time.Now().Add(time.Hour)})
	rig.faults(t)
	run := rig.ask(t, client)
	if len(rig.requests(t, "POST", "/api/auth/refresh")) != 1 {
		t.Fatal(rig.log(t))
	}
	fresh := source.Load()
	_ = source.Save(Tokens{AccessToken: "not-valid", RefreshToken: fresh.RefreshToken, ExpiresAt: time.Now().Add(time.Hour)})
	dense(t, seqs(t, run))
	fresh = source.Load()
	_ = source.Save(Tokens{AccessToken: "not-valid", RefreshToken: fresh.RefreshToken, ExpiresAt: time.Now().Add(time.Hour)})
	live, err := client.Live(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	live.Close()
}

type failing struct{ *MemoryTokens }

func (failing) Save(Tokens) error { return errors.New("the disk is full") }

func TestTokensThatCannotBeStored(t *testing.T) {
	rig := theRig(t)
	user := rig.Users["ada"]
	source := failing{NewMemoryTokens(Tokens{})}
	_, err := SignIn(ctxOf(t), user["email"], user["password"], WithBaseURL(rig.BaseURL), WithTokenSource(source))
	if !errors.Is(err, ErrSessionLost) {
		t.Fatal(err)
	}
}

func TestLiveFollowsSeveralRuns(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	old := rig.ask(t, client)
	if _, err := old.Wait(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	live, err := client.Live(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	status, err := old.Status(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	if advice, err := live.Subscribe(old.ID, status.LastSeq).Wait(ctxOf(t)); err != nil || advice == nil {
		t.Fatal(err)
	}
	if _, err := live.Subscribe("run-of-a-stranger", 0).Wait(ctxOf(t)); err == nil {
		t.Fatal("a run that does not exist was followed")
	}
	run, err := live.Ask(ctxOf(t), Ask{Message: "cheaper", WorkloadID: &rig.WorkloadID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := live.Stop(ctxOf(t), run.ID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctxOf(t))
	cancel()
	if _, _, err := live.Subscribe(run.ID, 99).Next(ctx); err == nil {
		t.Fatal("a context that has ended was ignored")
	}
}

// TestEpisodes plays seeded faults: NETRA_TEST_EPISODES=300 plays as many as the acceptance asks for.
func TestEpisodes(t *testing.T) {
	count, err := strconv.Atoi(first(os.Getenv("NETRA_TEST_EPISODES"), "6"))
	if err != nil {
		t.Fatal(err)
	}
	rig := theRig(t)
	client := rig.client(t, WithMaxRetries(6))
	card, err := client.Workloads.Create(ctxOf(t), "episodes")
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for seed := range count {
		episode(t, rig, client, card.ID, uint64(seed), &sent)
	}
	rig.faults(t)
	detail, err := client.Workloads.Get(ctxOf(t), card.ID)
	if err != nil || detail.EventCount != int64(sent) {
		t.Fatalf("%d calls were sent, %d are counted, %v", sent, detail.EventCount, err)
	}
}

func episode(t *testing.T, rig *rig, client *Client, workload string, seed uint64, sent *int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 20))
	faults := []fault{}
	for _, path := range []string{"POST /api/agent/execute", "POST /api/workloads/*/events", "GET /api/agent/stream/*", "GET /api/agent/stream/*"} {
		one := fault{"match": path, "nth": 1 + random.IntN(2), "do": []string{"lose_answer", "refuse", "status"}[random.IntN(3)], "code": 503, "retry_after": 0}
		if strings.HasPrefix(path, "GET") {
			one["do"], one["events"], one["more_bytes"] = "cut_after_events", 1+random.IntN(4), random.IntN(40)
		}
		faults = append(faults, one)
	}
	rig.faults(t, faults...)
	recorder := client.Workloads.Recorder(workload, RecorderOptions{Interval: 10 * time.Millisecond})
	for range 1 + random.IntN(300) {
		recorder.Record(callOf(*sent))
		*sent++
	}
	run := rig.ask(t, client)
	if random.IntN(5) == 0 {
		rig.restart(t)
	}
	dense(t, seqs(t, run))
	if found := recorder.Close(ctxOf(t)); found.Dropped != 0 || found.Pending != 0 {
		t.Fatal(seed, found)
	}
	keys := map[string]bool{}
	for _, one := range rig.requests(t, "POST", "/api/agent/execute") {
		keys[one.Headers["idempotency-key"]] = true
	}
	if len(keys) != 1 {
		t.Fatalf("seed %d: %d keys for one question", seed, len(keys))
	}
}

func TestTheExampleRuns(t *testing.T) {
	rig := theRig(t)
	command := exec.Command("go", "run", "./examples/quickstart")
	command.Env = append(os.Environ(), "NETRA_API_KEY="+rig.Keys["all"], "NETRA_BASE_URL="+rig.BaseURL)
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "call") {
		t.Fatalf("%v: %s", err, out)
	}
}

func BenchmarkRecord(b *testing.B) {
	client, _ := New(WithAPIKey("nk_x"), WithBaseURL("http://127.0.0.1:9"), WithMaxRetries(0))
	recorder := client.Workloads.Recorder("wl-1", RecorderOptions{MaxQueue: b.N + 1, MaxBytes: 1 << 40})
	call := callOf(1)
	b.ResetTimer()
	for range b.N {
		recorder.Record(call)
	}
	b.StopTimer()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	recorder.Close(ctx)
}
