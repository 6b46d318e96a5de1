package netra

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/netrasystems/netra-go/internal/ws"
)

func TestEndings(t *testing.T) {
	run := &Run{ID: "run-1"}
	if found := run.ended(nil, true, nil, 4); !errors.Is(found.err, ErrRunCancelled) {
		t.Fatal(found)
	}
	found := run.ended(nil, false, &RunError{Code: "PROCESSING_ERROR", Message: "no data"}, 4)
	if !errors.Is(found.err, ErrRunFailed) || !strings.Contains(found.err.Error(), "no data") {
		t.Fatal(found)
	}
}

func TestALaterWordingReplacesTheEarlierOne(t *testing.T) {
	attempt, so := int64(0), ""
	update := func(text string, attempt int64) *RunEvent {
		return &RunEvent{Update: &AgentUpdateData{Text: text, Attempt: attempt}}
	}
	for n, one := range []struct {
		event     *RunEvent
		restarted bool
		so        string
	}{
		{update("a", 1), false, "a"},
		{update("b", 1), false, "ab"},
		{update("c", 2), true, "c"},
		{&RunEvent{Result: &AgentResultData{Result: &Advice{Report: "the report"}}}, true, "c"},
	} {
		piece, ok := pieceOf(one.event, &attempt, &so)
		if !ok || piece.Restarted != one.restarted || so != one.so {
			t.Fatal(n, piece, so)
		}
	}
	if _, ok := pieceOf(update("", 2), &attempt, &so); ok {
		t.Fatal("an update without text is no piece")
	}
}

func TestGaps(t *testing.T) {
	at := &cursor{after: 3}
	if isNew, err := at.takes(&RunEvent{Seq: 3}); isNew || err != nil {
		t.Fatal("an event was given twice")
	}
	if _, err := at.takes(&RunEvent{Seq: 6}); !errors.Is(err, ErrStreamBroken) {
		t.Fatal(err)
	}
	if isNew, err := at.takes(&RunEvent{Seq: 6, Update: &AgentUpdateData{Skipped: 2}}); !isNew || err != nil {
		t.Fatal(err)
	}
}

func TestEventsOfUnknownTypes(t *testing.T) {
	event, err := eventOf("from_the_future", []byte(`{"seq": 4, "run_id": "run-1"}`))
	if err != nil || event.Seq != 4 || event.Update != nil || event.IsLast() {
		t.Fatal(event, err)
	}
	for _, text := range []string{"{", `{"seq": 1, "progress": "x"}`} {
		if _, err := eventOf("agent_update", []byte(text)); !errors.Is(err, ErrUnexpectedAnswer) {
			t.Fatal(err)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	for code, want := range map[int]error{4000: ErrUnauthorized, 4001: ErrUnauthorized, 4003: ErrRateLimited, 4002: ErrInvalidRequest} {
		if err := refusalOf(&ws.CloseError{Code: code}); !errors.Is(err, want) {
			t.Errorf("%d: %v", code, err)
		}
	}
	plain := &ws.CloseError{Code: 1001}
	if err := refusalOf(plain); err != error(plain) {
		t.Error(err)
	}
	if wait := waitOf(&Error{Details: map[string]any{"retry_after_s": 7.0}}); wait != 7*time.Second {
		t.Error(wait)
	}
	if wait := waitOf(plain); wait != 0 {
		t.Error(wait)
	}
}

func TestOptionsReachTheRequest(t *testing.T) {
	rig := theRig(t)
	var log bytes.Buffer
	client := rig.client(t, WithUserAgent("acme/1"), WithMaxRetryAfter(time.Second), WithHTTPClient(&http.Client{}),
		WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if _, err := client.Auth.Me(ctxOf(t), Header("X-Acme", "1")); err != nil {
		t.Fatal(err)
	}
	found := rig.requests(t, "GET", "/api/auth/me")[0].Headers
	if found["x-acme"] != "1" || !strings.HasPrefix(found["user-agent"], "netra-go/"+Version) || !strings.HasSuffix(found["user-agent"], "acme/1") {
		t.Fatal(found)
	}
	client.noticeVersion(http.Header{"X-Api-Version": {"3.0.0"}})
	client.noticeVersion(http.Header{"X-Api-Version": {"3.0.0"}})
	if strings.Count(log.String(), "another version") != 1 || strings.Contains(log.String(), rig.Keys["all"]) {
		t.Fatal(log.String())
	}
}

func TestARefusedBatchIsCounted(t *testing.T) {
	rig := theRig(t)
	client := rig.client(t)
	card, err := client.Workloads.Create(ctxOf(t), "renamed later")
	if err != nil {
		t.Fatal(err)
	}
	if renamed, err := client.Workloads.Rename(ctxOf(t), card.ID, "renamed"); err != nil || renamed.Name != "renamed" {
		t.Fatal(err)
	}
	var reason string
	recorder := client.Workloads.Recorder("wl-of-a-stranger", RecorderOptions{OnDrop: func(_ int, why string) { reason = why }})
	recorder.Record(callOf(1))
	if found := recorder.Close(ctxOf(t)); found.Dropped != 1 || !strings.Contains(reason, "NOT_FOUND") {
		t.Fatal(found, reason)
	}
	recorder.Record(callOf(2))
	if found := recorder.Stats(); found.Dropped != 2 {
		t.Fatal(found)
	}
}
