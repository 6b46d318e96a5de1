package netra

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Version is the version of this SDK; it speaks version 2 of the API.
const Version = "1.0.0"

type settings struct {
	apiKey        string
	source        TokenSource
	baseURL       string
	httpClient    *http.Client
	maxRetries    int
	maxRetryAfter time.Duration
	timeout       time.Duration
	attempt       time.Duration
	idle          time.Duration
	logger        *slog.Logger
	userAgent     string
}

func defaults() settings {
	return settings{
		maxRetries: 2, maxRetryAfter: time.Minute, timeout: time.Minute, attempt: 30 * time.Second,
		idle: 45 * time.Second, logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// Option changes a client.
type Option func(*settings)

// WithAPIKey signs requests with an API key. Without it, and without a token source, NETRA_API_KEY is read.
func WithAPIKey(key string) Option { return func(s *settings) { s.apiKey = key } }

// WithTokenSource signs requests with the tokens of a sign-in.
func WithTokenSource(source TokenSource) Option { return func(s *settings) { s.source = source } }

// WithBaseURL names the service; a path prefix is kept. Without it NETRA_BASE_URL is read, then http://127.0.0.1:8000.
func WithBaseURL(url string) Option { return func(s *settings) { s.baseURL = url } }

// WithHTTPClient sends requests by another client. Its Timeout must be 0: streams are long.
func WithHTTPClient(client *http.Client) Option { return func(s *settings) { s.httpClient = client } }

// WithMaxRetries sets how often a request is repeated at most (2).
func WithMaxRetries(n int) Option { return func(s *settings) { s.maxRetries = n } }

// WithMaxRetryAfter sets the longest Retry-After that is waited for (1 minute).
func WithMaxRetryAfter(d time.Duration) Option { return func(s *settings) { s.maxRetryAfter = d } }

// WithTimeout bounds a whole call, its retries included (1 minute).
func WithTimeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

// WithAttemptTimeout bounds one attempt of a call (30 seconds).
func WithAttemptTimeout(d time.Duration) Option { return func(s *settings) { s.attempt = d } }

// WithIdleTimeout bounds the silence of a stream before it is opened again (45 seconds: three heartbeats).
func WithIdleTimeout(d time.Duration) Option { return func(s *settings) { s.idle = d } }

// WithLogger writes one DEBUG record a request and a WARN record a retry. Secrets and bodies are never logged.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// WithUserAgent adds a product to the User-Agent header.
func WithUserAgent(product string) Option { return func(s *settings) { s.userAgent = product } }

type callSettings struct {
	key     string
	timeout time.Duration
	header  http.Header
	missing bool
}

// CallOption changes one call.
type CallOption func(*callSettings)

// IdempotencyKey names the request, so that a repetition is answered with the first one's outcome.
func IdempotencyKey(key string) CallOption { return func(c *callSettings) { c.key = key } }

// Timeout bounds this call, its retries included. The deadline of the context is kept too.
func Timeout(d time.Duration) CallOption { return func(c *callSettings) { c.timeout = d } }

// IfMatch changes only the version with this entity tag, as it was read.
func IfMatch(etag string) CallOption { return Header("If-Match", etag) }

// Header adds a header to the request.
func Header(name, value string) CallOption {
	return func(c *callSettings) { c.header.Add(name, value) }
}

// MissingOK takes 404 for success in a deletion.
func MissingOK() CallOption { return func(c *callSettings) { c.missing = true } }

// Must returns the value, and panics when there is an error: for first steps and scripts.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Ptr gives the address of a value, for optional fields.
func Ptr[T any](value T) *T { return &value }
