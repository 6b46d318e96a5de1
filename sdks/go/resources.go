package netra

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Limits of one request to add calls; more are sent in several.
const (
	mostRows  = 10_000
	mostBytes = 32 << 20
)

func send[T any](ctx context.Context, c *Client, r request, options []CallOption) (*T, error) {
	var answer T
	if err := c.do(ctx, r, &answer, options...); err != nil {
		return nil, err
	}
	return &answer, nil
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values, options []CallOption) (*T, error) {
	return send[T](ctx, c, request{method: "GET", path: path, query: query, kind: safeRead}, options)
}

func post[T any](ctx context.Context, c *Client, path string, body any, kind safety, options []CallOption) (*T, error) {
	return send[T](ctx, c, request{method: "POST", path: path, body: body, kind: kind}, options)
}

func remove(ctx context.Context, c *Client, path string, options []CallOption) error {
	return c.do(ctx, request{method: "DELETE", path: path, kind: deletion}, nil, options...)
}

func in(path, id string) string { return path + "/" + url.PathEscape(id) }

// AgentService asks questions and follows runs.
type AgentService struct{ client *Client }

// Execute asks a question. A repetition after a lost answer returns the same run.
func (s *AgentService) Execute(ctx context.Context, ask Ask, options ...CallOption) (*Run, error) {
	accepted, err := post[RunAccepted](ctx, s.client, "/api/agent/execute", ask, keyed, options)
	if err != nil {
		return nil, err
	}
	return &Run{ID: accepted.RunID, Accepted: accepted, client: s.client}, nil
}

// Attach returns the handle of a run and asks nothing.
func (s *AgentService) Attach(id string) *Run { return &Run{ID: id, client: s.client} }

// Status returns the state of a run, and its result when it has one.
func (s *AgentService) Status(ctx context.Context, id string, options ...CallOption) (*RunStatus, error) {
	return get[RunStatus](ctx, s.client, in("/api/agent/status", id), nil, options)
}

// Cancel stops a run.
func (s *AgentService) Cancel(ctx context.Context, id string, options ...CallOption) (*RunStatus, error) {
	return post[RunStatus](ctx, s.client, in("/api/agent/runs", id)+"/cancel", nil, keyed, options)
}

// History lists the runs of the user that meet every filter, the newest first.
func (s *AgentService) History(ctx context.Context, params HistoryParams, options ...CallOption) (*Page[RunLine], error) {
	return page[RunLine](ctx, s.client, "/api/agent/history", ListParams{params.Limit, params.Cursor}, params.query(), options)
}

// AuthService signs in and out.
type AuthService struct {
	client   *Client
	Sessions *SessionService
}

// Register adds an account, where registration is switched on.
func (s *AuthService) Register(ctx context.Context, body RegisterRequest, options ...CallOption) (*UserCard, error) {
	return send[UserCard](ctx, s.client, request{
		method: "POST", path: "/api/auth/register", body: body, kind: keyed, public: true,
	}, options)
}

// Refresh gets new tokens now. The client does so by itself before they expire.
func (s *AuthService) Refresh(ctx context.Context) (Tokens, error) {
	if !s.client.canRenew() {
		return Tokens{}, fmt.Errorf("%w: the client has no refresh token", ErrConfiguration)
	}
	return s.client.renewed(ctx, s.client.set.source.Load())
}

// Exchange trades the code of a sign-in with Google for tokens, which the client then uses.
func (s *AuthService) Exchange(ctx context.Context, code string, options ...CallOption) (*LoginResponse, error) {
	answer, err := send[LoginResponse](ctx, s.client, request{
		method: "POST", path: "/api/auth/exchange", body: ExchangeRequest{Code: code}, kind: keyed, public: true,
	}, options)
	if err != nil {
		return nil, err
	}
	return answer, s.client.keep(*answer)
}

// Authorize returns the address of Google's sign-in page. Its answer sets a cookie, so it is meant for browsers.
func (s *AuthService) Authorize(ctx context.Context, redirectURI string, options ...CallOption) (*AuthorizationUrl, error) {
	query := url.Values{}
	if redirectURI != "" {
		query.Set("redirect_uri", redirectURI)
	}
	return get[AuthorizationUrl](ctx, s.client, "/api/auth/google/authorize", query, options)
}

// Me returns the profile of the user.
func (s *AuthService) Me(ctx context.Context, options ...CallOption) (*UserProfile, error) {
	return get[UserProfile](ctx, s.client, "/api/auth/me", nil, options)
}

// SignOut ends the session of this client.
func (s *AuthService) SignOut(ctx context.Context, options ...CallOption) error {
	return s.client.do(ctx, request{method: "POST", path: "/api/auth/logout", kind: pure}, nil, options...)
}

// ChangePassword sets a new password and ends the other sessions.
func (s *AuthService) ChangePassword(ctx context.Context, current, next string, options ...CallOption) (*PasswordChanged, error) {
	return post[PasswordChanged](ctx, s.client, "/api/auth/password",
		PasswordChange{CurrentPassword: current, NewPassword: next}, onceOnly, options)
}

// Ticket returns a ticket that opens one WebSocket within 30 seconds.
func (s *AuthService) Ticket(ctx context.Context, options ...CallOption) (*Ticket, error) {
	return post[Ticket](ctx, s.client, "/api/auth/ws-ticket", nil, pure, options)
}

// SessionService lists and ends the user's sessions.
type SessionService struct{ client *Client }

// List returns the sessions of the user.
func (s *SessionService) List(ctx context.Context, options ...CallOption) (*SessionList, error) {
	return get[SessionList](ctx, s.client, "/api/auth/sessions", nil, options)
}

// End ends one session.
func (s *SessionService) End(ctx context.Context, id string, options ...CallOption) error {
	return remove(ctx, s.client, in("/api/auth/sessions", id), options)
}

// EndAll ends all sessions of the user, this one included.
func (s *SessionService) EndAll(ctx context.Context, options ...CallOption) error {
	return remove(ctx, s.client, "/api/auth/sessions", options)
}

// ThreadService reads and deletes conversations.
type ThreadService struct{ client *Client }

// List returns the threads of the user, the newest first.
func (s *ThreadService) List(ctx context.Context, params ListParams, options ...CallOption) (*Page[ThreadLine], error) {
	return page[ThreadLine](ctx, s.client, "/api/threads", params, nil, options)
}

// Get returns a thread with its messages.
func (s *ThreadService) Get(ctx context.Context, id string, options ...CallOption) (*ThreadPage, error) {
	return get[ThreadPage](ctx, s.client, in("/api/threads", id), nil, options)
}

// Rename gives a thread another title.
func (s *ThreadService) Rename(ctx context.Context, id, title string, options ...CallOption) (*ThreadLine, error) {
	return send[ThreadLine](ctx, s.client, request{
		method: "PATCH", path: in("/api/threads", id), body: ThreadTitle{Title: title}, kind: pure,
	}, options)
}

// Delete deletes a thread with its runs.
func (s *ThreadService) Delete(ctx context.Context, id string, options ...CallOption) error {
	return remove(ctx, s.client, in("/api/threads", id), options)
}

// WorkloadService keeps workloads and their calls.
type WorkloadService struct{ client *Client }

// Create adds a workload.
func (s *WorkloadService) Create(ctx context.Context, name string, options ...CallOption) (*WorkloadCard, error) {
	return post[WorkloadCard](ctx, s.client, "/api/workloads", NewWorkload{Name: name}, keyed, options)
}

// List returns the workloads of the user.
func (s *WorkloadService) List(ctx context.Context, params ListParams, options ...CallOption) (*Page[WorkloadCard], error) {
	return page[WorkloadCard](ctx, s.client, "/api/workloads", params, nil, options)
}

// Get returns a workload.
func (s *WorkloadService) Get(ctx context.Context, id string, options ...CallOption) (*WorkloadDetail, error) {
	return get[WorkloadDetail](ctx, s.client, in("/api/workloads", id), nil, options)
}

// Rename gives a workload another name.
func (s *WorkloadService) Rename(ctx context.Context, id, name string, options ...CallOption) (*WorkloadCard, error) {
	return send[WorkloadCard](ctx, s.client, request{
		method: "PATCH", path: in("/api/workloads", id), body: NewWorkload{Name: name}, kind: pure,
	}, options)
}

// Delete deletes a workload with its calls.
func (s *WorkloadService) Delete(ctx context.Context, id string, options ...CallOption) error {
	return remove(ctx, s.client, in("/api/workloads", id), options)
}

// ListEvents returns stored calls with their cost, the newest first unless Sort says otherwise.
func (s *WorkloadService) ListEvents(ctx context.Context, id string, params EventsParams, options ...CallOption) (*Page[ListedEvent], error) {
	list := ListParams{params.Limit, params.Cursor}
	return page[ListedEvent](ctx, s.client, in("/api/workloads", id)+"/events", list, params.query(), options)
}

// Intake returns what came in by telemetry: calls of each emitter, those without usage, and advice.
func (s *WorkloadService) Intake(ctx context.Context, id string, options ...CallOption) (*IntakeAnswer, error) {
	return get[IntakeAnswer](ctx, s.client, in("/api/workloads", id)+"/intake", nil, options)
}

// Decisions returns what was decided about the recommendations on a workload, the latest first.
func (s *WorkloadService) Decisions(ctx context.Context, id string, options ...CallOption) (*DecisionList, error) {
	return get[DecisionList](ctx, s.client, in("/api/workloads", id)+"/decisions", nil, options)
}

// Decide plans, adopts, dismisses or reopens a recommendation, named by its key. A first decision names the run that
// shows it. With IfMatch, only that version is changed: otherwise ErrPreconditionFailed.
func (s *WorkloadService) Decide(ctx context.Context, id, key string, decision NewDecision, options ...CallOption) (*DecisionLine, error) {
	return send[DecisionLine](ctx, s.client, request{
		method: "PUT", path: in(in("/api/workloads", id)+"/decisions", key), body: decision, kind: onceOnly,
	}, options)
}

// Verification returns what an adopted recommendation brought: the calls before it against those since.
func (s *WorkloadService) Verification(ctx context.Context, id, key string, options ...CallOption) (*DecisionVerification, error) {
	path := in(in("/api/workloads", id)+"/decisions", key) + "/verification"
	return get[DecisionVerification](ctx, s.client, path, nil, options)
}

// Simulate computes what a change would cost and bring.
func (s *WorkloadService) Simulate(ctx context.Context, id string, proposal Proposal, options ...CallOption) (*Simulated, error) {
	return post[Simulated](ctx, s.client, in("/api/workloads", id)+"/simulate", proposal, pure, options)
}

// Explain says what moved the bill from one period to another.
func (s *WorkloadService) Explain(ctx context.Context, id string, periods PeriodTexts, options ...CallOption) (*Explanation, error) {
	return post[Explanation](ctx, s.client, in("/api/workloads", id)+"/explain", periods, pure, options)
}

// AddEvents adds calls, in requests of at most 10,000 rows or 32 MiB. The keys of the requests are KEY-0, KEY-1, ….
// A call without an id gets one, so that a repetition counts it once.
func (s *WorkloadService) AddEvents(ctx context.Context, id string, calls []WorkloadEvent, options ...CallOption) (*EventsTaken, error) {
	call := callSettings{header: http.Header{}}
	for _, option := range options {
		option(&call)
	}
	key := first(call.key, "go-"+newID())
	sum := &EventsTaken{WorkloadID: id}
	line := int64(0)
	for n := 0; n == 0 || len(calls) > 0; n++ {
		body, used, err := ndjson(calls)
		if err != nil {
			return sum, err
		}
		part, err := s.addLines(ctx, id, body, append(options[:len(options):len(options)], IdempotencyKey(fmt.Sprintf("%s-%d", key, n))))
		if err != nil {
			return sum, err
		}
		add(sum, part, line)
		line += int64(used)
		calls = calls[used:]
	}
	return sum, nil
}

func (s *WorkloadService) addLines(ctx context.Context, id string, body []byte, options []CallOption) (*EventsTaken, error) {
	return send[EventsTaken](ctx, s.client, request{
		method: "POST", path: in("/api/workloads", id) + "/events", raw: body, media: "application/x-ndjson", kind: keyed,
	}, options)
}

// ndjson encodes as many calls as one request takes, and says how many.
func ndjson(calls []WorkloadEvent) ([]byte, int, error) {
	buffer := bytes.NewBuffer([]byte{})
	for n, call := range calls {
		if n == mostRows {
			return buffer.Bytes(), n, nil
		}
		if call.ID == nil {
			call.ID = Ptr(newID())
		}
		line, err := json.Marshal(call)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: call %d: %v", ErrInvalidRequest, n, err)
		}
		if n > 0 && buffer.Len()+len(line) >= mostBytes {
			return buffer.Bytes(), n, nil
		}
		buffer.Write(line)
		buffer.WriteByte('\n')
	}
	return buffer.Bytes(), len(calls), nil
}

// add sums two answers; `line` is the number of rows that were sent before.
func add(sum, part *EventsTaken, line int64) {
	sum.Accepted += part.Accepted
	sum.Duplicates += part.Duplicates
	sum.Rejected += part.Rejected
	sum.Notes = append(sum.Notes, part.Notes...)
	for _, row := range part.Results {
		row.Line += line
		sum.Results = append(sum.Results, row)
	}
}

// KeyService keeps API keys.
type KeyService struct{ client *Client }

// Create makes an API key. Its secret is shown once.
func (s *KeyService) Create(ctx context.Context, body NewKey, options ...CallOption) (*MadeKey, error) {
	return post[MadeKey](ctx, s.client, "/api/keys", body, keyed, options)
}

// List returns the API keys of the user, without their secrets.
func (s *KeyService) List(ctx context.Context, options ...CallOption) (*KeyList, error) {
	return get[KeyList](ctx, s.client, "/api/keys", nil, options)
}

// Revoke ends one API key.
func (s *KeyService) Revoke(ctx context.Context, id string, options ...CallOption) error {
	return remove(ctx, s.client, in("/api/keys", id), options)
}

// RevokeAll ends all API keys of the user.
func (s *KeyService) RevokeAll(ctx context.Context, options ...CallOption) error {
	return remove(ctx, s.client, "/api/keys", options)
}

// AuditService reads the security log; it needs an administrator.
type AuditService struct{ client *Client }

// List returns the security events that meet every filter, the newest first.
func (s *AuditService) List(ctx context.Context, params AuditParams, options ...CallOption) (*Page[AuditLine], error) {
	return page[AuditLine](ctx, s.client, "/api/audit", ListParams{params.Limit, params.Cursor}, params.query(), options)
}

// HealthService asks how the service is.
type HealthService struct{ client *Client }

// Check returns whether the process answers.
func (s *HealthService) Check(ctx context.Context, options ...CallOption) (*Health, error) {
	return get[Health](ctx, s.client, "/health", nil, options)
}

// Ready returns whether the service takes requests. Not ready is an answer, not an error.
func (s *HealthService) Ready(ctx context.Context, options ...CallOption) (*Ready, error) {
	return send[Ready](ctx, s.client, request{method: "GET", path: "/health/ready", kind: safeRead, takes: 503}, options)
}

// Dependencies returns the state of the services that Netra depends on.
func (s *HealthService) Dependencies(ctx context.Context, options ...CallOption) (*DependenciesHealth, error) {
	return get[DependenciesHealth](ctx, s.client, "/health/dependencies", nil, options)
}
