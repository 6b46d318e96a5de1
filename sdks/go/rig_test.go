package netra

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// rig is a real server behind a proxy that injects faults; see sdks/tools/rig.py.
type rig struct {
	BaseURL    string                       `json:"base_url"`
	DirectURL  string                       `json:"direct_url"`
	ControlURL string                       `json:"control_url"`
	WorkloadID string                       `json:"workload_id"`
	Keys       map[string]string            `json:"keys"`
	Users      map[string]map[string]string `json:"users"`
}

type fault map[string]any

type logged struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   string            `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body_sha256"`
	Did     string            `json:"did"`
	AtMs    int64             `json:"at_ms"`
}

// patience bounds a test that hangs; no test passes or fails by it on a slow machine.
const patience = 3 * time.Minute

// rigInput keeps the rig running: it ends when this pipe is closed, with this process at the latest.
var rigInput io.WriteCloser

var startRig = sync.OnceValues(func() (*rig, error) {
	python := first(os.Getenv("NETRA_TEST_PYTHON"), "python3")
	tools, err := filepath.Abs(filepath.Join("..", "tools", "rig.py"))
	if err != nil {
		return nil, err
	}
	command := exec.Command(python, tools)
	command.Stderr = os.Stderr
	if rigInput, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the rig did not start: %w", err)
	}
	found := &rig{}
	return found, json.Unmarshal(line, found)
})

func theRig(t *testing.T) *rig {
	t.Helper()
	found, err := startRig()
	if err != nil {
		t.Fatal(err)
	}
	found.faults(t)
	return found
}

func (r *rig) control(t *testing.T, method, path string, body, into any) {
	t.Helper()
	encoded, _ := json.Marshal(body)
	request, _ := http.NewRequest(method, r.ControlURL+path, bytes.NewReader(encoded))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, _ := io.ReadAll(answer.Body)
	if into != nil {
		if err := json.Unmarshal(read, into); err != nil {
			t.Fatalf("%s: %v", read, err)
		}
	}
}

// faults replaces the faults of the proxy and empties its log.
func (r *rig) faults(t *testing.T, list ...fault) {
	t.Helper()
	if list == nil {
		list = []fault{}
	}
	r.control(t, "POST", "/faults", list, nil)
}

func (r *rig) log(t *testing.T) []logged {
	t.Helper()
	var found []logged
	r.control(t, "GET", "/log", nil, &found)
	return found
}

func (r *rig) requests(t *testing.T, method, path string) []logged {
	t.Helper()
	var found []logged
	for _, one := range r.log(t) {
		if one.Method == method && one.Path == path {
			found = append(found, one)
		}
	}
	return found
}

func (r *rig) restart(t *testing.T) {
	t.Helper()
	r.restartBy(t, "kill")
}

// restartBy ends the server by SIGKILL ("kill") or SIGTERM ("term") and starts it again.
func (r *rig) restartBy(t *testing.T, how string) {
	t.Helper()
	r.control(t, "POST", "/restart", map[string]string{"how": how}, nil)
}

func (r *rig) client(t *testing.T, options ...Option) *Client {
	t.Helper()
	client, err := New(append([]Option{
		WithAPIKey(r.Keys["all"]), WithBaseURL(r.BaseURL), WithTimeout(patience), WithAttemptTimeout(patience),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (r *rig) signedIn(t *testing.T, options ...Option) *Client {
	t.Helper()
	user := r.Users["ada"]
	client, err := SignIn(ctxOf(t), user["email"], user["password"], append([]Option{
		WithBaseURL(r.BaseURL), WithTimeout(patience), WithAttemptTimeout(patience),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (r *rig) ask(t *testing.T, client *Client) *Run {
	t.Helper()
	run, err := client.Agent.Execute(ctxOf(t), Ask{Message: "20 % cheaper", WorkloadID: &r.WorkloadID})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func ctxOf(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// seqs follows a run to its end and returns the numbers of its events.
func seqs(t *testing.T, run *Run) []int64 {
	t.Helper()
	var found []int64
	for event, err := range run.Events(ctxOf(t)) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, event.Seq)
	}
	return found
}

func dense(t *testing.T, found []int64) {
	t.Helper()
	if len(found) < 3 {
		t.Fatalf("too few events: %v", found)
	}
	for n, seq := range found {
		if seq != int64(n+1) {
			t.Fatalf("events are missing or double: %v", found)
		}
	}
}
