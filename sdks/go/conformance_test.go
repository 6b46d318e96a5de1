package netra

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scenario is one of sdks/spec/conformance.json, which every SDK passes; sdks/spec/README.md says what each field means.
type scenario struct {
	Name   string
	Client struct {
		As      string
		Options map[string]float64
	}
	Faults []fault
	Steps  []map[string]any
}

func TestConformance(t *testing.T) {
	read, err := os.ReadFile(filepath.Join("..", "spec", "conformance.json"))
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []scenario
	if err := json.Unmarshal(read, &scenarios); err != nil {
		t.Fatal(err)
	}
	for _, one := range scenarios {
		t.Run(one.Name, func(t *testing.T) { newRunner(t).run(one) })
	}
}

// runner carries out one scenario; sdks/python/tests/runner.py is the reference for what each call returns.
type runner struct {
	t       *testing.T
	rig     *rig
	saved   map[string]any
	options []Option
	client  *Client
	mutex   sync.Mutex
}

func newRunner(t *testing.T) *runner {
	rig := theRig(t)
	saved := map[string]any{"rig": plain(t, rig), "long": strings.Repeat("x", 2_000_000), "unique": "key-" + newID()}
	saved["address"] = saved["unique"].(string) + "@example.com"
	return &runner{t: t, rig: rig, saved: saved}
}

func (r *runner) run(one scenario) {
	for name, value := range one.Client.Options {
		r.options = append(r.options, option(r.t, name, value))
	}
	r.use(one.Client.As)
	r.rig.faults(r.t, one.Faults...)
	for _, step := range one.Steps {
		r.step(r.filled(step).(map[string]any))
	}
}

// option translates an option of the client from Python's name and seconds.
func option(t *testing.T, name string, value float64) Option {
	t.Helper()
	d := time.Duration(value * float64(time.Second))
	switch name {
	case "timeout":
		return WithTimeout(d)
	case "max_retry_after":
		return WithMaxRetryAfter(d)
	case "idle_timeout":
		return WithIdleTimeout(d)
	case "max_retries":
		return WithMaxRetries(int(value))
	}
	t.Fatalf("unknown option %q", name)
	return nil
}

// use makes the client of a scenario: key:NAME, or a user who has just signed in.
func (r *runner) use(as string) {
	kind, how, _ := strings.Cut(as, ":")
	if kind == "key" {
		r.client = r.made(WithAPIKey(r.rig.Keys[how]))
		return
	}
	user := r.rig.Users[kind]
	direct, err := SignIn(ctxOf(r.t), user["email"], user["password"], WithBaseURL(r.rig.DirectURL))
	if err != nil {
		r.t.Fatal(err)
	}
	tokens := direct.set.source.Load()
	if how == "expiring" {
		tokens.ExpiresAt = time.Now()
	}
	r.client = r.made(WithTokenSource(NewMemoryTokens(tokens)))
}

func (r *runner) made(credential Option) *Client {
	client, err := New(append([]Option{WithBaseURL(r.rig.BaseURL), credential}, r.options...)...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(client.Close)
	return client
}

// filled replaces every "$place" by what was saved there.
func (r *runner) filled(value any) any {
	switch value := value.(type) {
	case string:
		if place, ok := strings.CutPrefix(value, "$"); ok {
			return at(r.t, r.saved, place)
		}
	case map[string]any:
		found := map[string]any{}
		for name, inner := range value {
			found[name] = r.filled(inner)
		}
		return found
	case []any:
		found := make([]any, len(value))
		for n, inner := range value {
			found[n] = r.filled(inner)
		}
		return found
	}
	return value
}

func (r *runner) step(step map[string]any) {
	switch {
	case step["call"] != nil:
		r.called(step)
	case step["log"] != nil:
		r.logged(step["log"].(map[string]any))
	case step["faults"] != nil:
		r.rig.faults(r.t, converted[[]fault](r.t, step["faults"])...)
	case step["compare"] != nil:
		terms := converted[[]float64](r.t, step["compare"])
		if terms[0]-terms[1] != terms[2] {
			r.t.Fatalf("%v - %v is not %v", terms[0], terms[1], terms[2])
		}
	default:
		r.t.Fatalf("unknown step %v", step)
	}
}

func (r *runner) called(step map[string]any) {
	name := step["call"].(string)
	began := time.Now()
	answer, err := r.do(name, step["args"])
	took := time.Since(began).Seconds()
	if wanted, ok := step["error"].(map[string]any); ok {
		checkError(r.t, err, wanted)
	} else if err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	if most, ok := step["within_s"].(float64); ok && took > most {
		r.t.Fatalf("%s took %.1f s", name, took)
	}
	if least, ok := step["at_least_s"].(float64); ok && took < least {
		r.t.Fatalf("%s took only %.1f s", name, took)
	}
	got := plain(r.t, answer)
	if wanted, ok := step["expect"].(map[string]any); ok {
		for place, one := range wanted {
			check(r.t, at(r.t, got, place), one, name+": "+place)
		}
	}
	if place, ok := step["save"].(string); ok {
		r.saved[place] = got
	}
}

// do carries out a call of a scenario.
func (r *runner) do(name string, args any) (any, error) {
	operation, ok := operations[name]
	if !ok {
		r.t.Fatalf("no operation %q", name)
	}
	if args == nil {
		args = map[string]any{}
	}
	encoded, err := json.Marshal(args)
	if err != nil {
		r.t.Fatal(err)
	}
	return operation(r, encoded)
}

// logged checks the requests that came through the proxy.
func (r *runner) logged(wanted map[string]any) {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(wanted["match"].(string)), `\*`, ".*") + "$"
	lines := slices.DeleteFunc(r.rig.log(r.t), func(one logged) bool {
		return !regexp.MustCompile(pattern).MatchString(one.Method + " " + one.Path)
	})
	check(r.t, float64(len(lines)), wanted["count"], pattern)
	different := func(of func(logged) string) int {
		found := map[string]bool{}
		for _, one := range lines {
			found[of(one)] = true
		}
		return len(found)
	}
	if name, ok := wanted["same_header"].(string); ok && different(func(one logged) string { return one.Headers[name] }) != 1 {
		r.t.Fatalf("%s differs: %v", name, lines)
	}
	if name, ok := wanted["differing_header"].(string); ok && different(func(one logged) string { return one.Headers[name] }) != len(lines) {
		r.t.Fatalf("%s is the same: %v", name, lines)
	}
	if wanted["same_body"] == true && different(func(one logged) string { return one.Body }) != 1 {
		r.t.Fatal("the bodies differ")
	}
	for n, line := range lines {
		for name, form := range converted[map[string]string](r.t, wanted["header"]) {
			check(r.t, line.Headers[name], map[string]any{"match": form}, name)
		}
		if least, ok := wanted["min_gap_ms"].(float64); ok && n > 0 && float64(line.AtMs-lines[n-1].AtMs) < least {
			r.t.Fatalf("only %d ms between two requests", line.AtMs-lines[n-1].AtMs)
		}
	}
}

func check(t *testing.T, got, wanted any, what string) {
	t.Helper()
	matchers, ok := wanted.(map[string]any)
	if !ok {
		if !reflect.DeepEqual(got, wanted) {
			t.Fatalf("%s is %v, not %v", what, got, wanted)
		}
		return
	}
	for name, bound := range matchers {
		isMet := false
		switch name {
		case "gt":
			isMet = got.(float64) > bound.(float64)
		case "len":
			isMet = float64(reflect.ValueOf(got).Len()) == bound
		case "match":
			isMet = regexp.MustCompile(bound.(string)).MatchString(got.(string))
		case "unique":
			found := map[any]bool{}
			for _, one := range got.([]any) {
				found[one] = true
			}
			isMet = (len(found) == len(got.([]any))) == bound
		default:
			t.Fatalf("unknown matcher %q", name)
		}
		if !isMet {
			t.Fatalf("%s is %v", what, got)
		}
	}
}

// sentinels are the kinds of errors by the class names of the scenarios.
var sentinels = map[string]error{
	"Conflict": ErrConflict, "Forbidden": ErrForbidden, "Gone": ErrGone, "IdempotencyKeyReused": ErrIdempotencyKeyReused,
	"InternalError": ErrServer, "NotFound": ErrNotFound, "OutcomeUnknown": ErrOutcomeUnknown,
	"PayloadTooLarge": ErrPayloadTooLarge, "PreconditionFailed": ErrPreconditionFailed,
	"RateLimited": ErrRateLimited, "SessionLost": ErrSessionLost,
	"TimedOut": ErrTimedOut, "Unauthorized": ErrUnauthorized, "UnexpectedAnswer": ErrUnexpectedAnswer,
	"ValidationFailed": ErrValidationFailed, "WaitTimeout": ErrWaitTimeout,
}

func checkError(t *testing.T, err error, wanted map[string]any) {
	t.Helper()
	kind, ok := sentinels[wanted["class"].(string)]
	if !ok || !errors.Is(err, kind) {
		t.Fatalf("%v is no %v", err, wanted["class"])
	}
	var refused *Error
	var unread *CallError
	if errors.As(err, &unread) {
		refused = &Error{Status: unread.Status}
	}
	isRefusal := errors.As(err, &refused) || unread != nil
	for name, value := range wanted {
		if name == "class" {
			continue
		}
		if name == "message" {
			check(t, strings.Contains(err.Error(), value.(string)), true, err.Error())
			continue
		}
		if !isRefusal {
			t.Fatalf("%v is no answer of the service", err)
		}
		switch name {
		case "status":
			check(t, float64(refused.Status), value, name)
		case "code":
			check(t, refused.Code, value, name)
		case "retry_after":
			check(t, refused.RetryAfter.Seconds(), value, name)
		case "path":
			check(t, at(t, refused.Details, "errors.0.path"), value, name)
		case "request_id":
			check(t, refused.RequestID != "", true, name)
		default:
			t.Fatalf("unknown fact of an error: %q", name)
		}
	}
}

// plain returns a value as its JSON reads.
func plain(t *testing.T, value any) any {
	t.Helper()
	return converted[any](t, value)
}

func converted[T any](t *testing.T, value any) T {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var found T
	if err := json.Unmarshal(encoded, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// at returns the part of a JSON value that a path such as "errors.0.path" names.
func at(t *testing.T, value any, path string) any {
	t.Helper()
	for _, part := range strings.Split(path, ".") {
		switch inside := value.(type) {
		case map[string]any:
			value = inside[part]
		case []any:
			n := int(part[0] - '0')
			if len(part) != 1 || n >= len(inside) {
				t.Fatalf("no %q in %v", part, inside)
			}
			value = inside[n]
		default:
			t.Fatalf("no %q in %v", part, value)
		}
	}
	return value
}
