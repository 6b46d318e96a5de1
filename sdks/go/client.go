// Package netra is the Go SDK of Netra, which computes from a workload's request log what to change and what that saves.
//
//	client, err := netra.New(netra.WithAPIKey("nk_…"))
//	run, err := client.Agent.Execute(ctx, netra.Ask{Message: "20 % cheaper", WorkloadID: netra.Ptr("wl-…")})
//	advice, err := run.Wait(ctx)
//
// A client is safe for many goroutines. A request is repeated only where that cannot do it twice.
package netra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

const defaultURL = "http://127.0.0.1:8000"

// Client speaks to one service with one credential.
type Client struct {
	Agent     *AgentService
	Auth      *AuthService
	Threads   *ThreadService
	Workloads *WorkloadService
	Keys      *KeyService
	Audit     *AuditService
	Health    *HealthService

	set      settings
	base     string
	agent    string
	http     *http.Client
	renewing chan struct{}
	warnOnce sync.Once
}

// New returns a client. It sends nothing.
func New(options ...Option) (*Client, error) {
	set := defaults()
	for _, option := range options {
		option(&set)
	}
	if set.apiKey == "" && set.source == nil {
		set.apiKey = os.Getenv("NETRA_API_KEY")
	}
	return build(set)
}

func build(set settings) (*Client, error) {
	base := first(set.baseURL, os.Getenv("NETRA_BASE_URL"), defaultURL)
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("%w: base URL %q; expected http(s)://host[:port][/prefix]", ErrConfiguration, base)
	}
	if strings.ContainsAny(set.apiKey, " \r\n\t") {
		return nil, fmt.Errorf("%w: the API key contains white space", ErrConfiguration)
	}
	client := &Client{
		set: set, base: strings.TrimRight(base, "/"), http: set.httpClient, renewing: make(chan struct{}, 1),
		agent: strings.TrimSpace(fmt.Sprintf("netra-go/%s (%s; %s) %s", Version, runtime.Version(), runtime.GOOS, set.userAgent)),
	}
	if client.http == nil {
		client.http = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	copied := *client.http
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.http = &copied
	client.Agent = &AgentService{client}
	client.Auth = &AuthService{client: client, Sessions: &SessionService{client}}
	client.Threads = &ThreadService{client}
	client.Workloads = &WorkloadService{client}
	client.Keys = &KeyService{client}
	client.Audit = &AuditService{client}
	client.Health = &HealthService{client}
	return client, nil
}

// SignIn signs in with a password and returns a client that renews its tokens by itself. They are kept in memory
// unless a token source is given, which then stores them.
func SignIn(ctx context.Context, email, password string, options ...Option) (*Client, error) {
	client, err := New(options...)
	if err != nil {
		return nil, err
	}
	var answer LoginResponse
	err = client.do(ctx, request{
		method: "POST", path: "/api/auth/login", kind: onceOnly, public: true,
		body: LoginRequest{Email: email, Password: password},
	}, &answer)
	if err != nil {
		return nil, err
	}
	return client, client.keep(answer)
}

// keep makes the tokens of a sign-in the credential of this client.
func (c *Client) keep(answer LoginResponse) error {
	tokens := tokensOf(answer, time.Now())
	if c.set.source == nil {
		c.set.source, c.set.apiKey = NewMemoryTokens(tokens), ""
		return nil
	}
	if err := c.set.source.Save(tokens); err != nil {
		return errors.Join(ErrSessionLost, err)
	}
	return nil
}

// Close ends the idle connections of the client.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Config returns what the service tells a client about itself.
func (c *Client) Config(ctx context.Context, options ...CallOption) (*PublicConfiguration, error) {
	return get[PublicConfiguration](ctx, c, "/api/config", nil, options)
}

// String names the service and shows no secret.
func (c *Client) String() string { return "netra.Client(" + c.base + ")" }

// GoString is String, so that %#v shows no secret either.
func (c *Client) GoString() string { return c.String() }

func (c *Client) noticeVersion(header http.Header) {
	version := header.Get("X-API-Version")
	if version == "" || strings.HasPrefix(version, "2.") || version == "2" {
		return
	}
	c.warnOnce.Do(func() {
		c.set.logger.Warn("the service speaks another version of the API", "service", version, "sdk", "2")
	})
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
