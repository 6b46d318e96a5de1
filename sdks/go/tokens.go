package netra

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// early is the time before the end of an access token at which a new one is got.
const early = time.Minute

// Tokens are those of a sign-in.
type Tokens struct {
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// TokenSource keeps the tokens of a session. Save is called before new tokens are used, and must store them.
type TokenSource interface {
	Load() Tokens
	Save(Tokens) error
}

// String says when the access token ends, and shows no secret. JSON has the secrets, so that tokens can be stored.
func (t Tokens) String() string {
	return "netra.Tokens(expires at " + t.ExpiresAt.UTC().Format(time.RFC3339) + ")"
}

// GoString is String, so that %#v shows no secret either.
func (t Tokens) GoString() string { return t.String() }

// LogValue is String, so that no log line shows a secret.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MemoryTokens keeps tokens in memory.
type MemoryTokens struct {
	mutex  sync.Mutex
	tokens Tokens
}

// NewMemoryTokens returns a source that starts with these tokens.
func NewMemoryTokens(tokens Tokens) *MemoryTokens { return &MemoryTokens{tokens: tokens} }

// Load returns the newest tokens.
func (m *MemoryTokens) Load() Tokens {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.tokens
}

// Save keeps new tokens.
func (m *MemoryTokens) Save(tokens Tokens) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.tokens = tokens
	return nil
}

// String shows no secret.
func (m *MemoryTokens) String() string { return "netra.MemoryTokens" }

// GoString is String, so that %#v shows no secret either.
func (m *MemoryTokens) GoString() string { return m.String() }

func tokensOf(answer LoginResponse, now time.Time) Tokens {
	tokens := Tokens{AccessToken: answer.AccessToken, ExpiresAt: now.Add(time.Duration(answer.ExpiresIn) * time.Second)}
	if answer.RefreshToken != nil {
		tokens.RefreshToken = *answer.RefreshToken
	}
	return tokens
}

// bearer is the credential of a request: an API key stands in the place of the access token.
func (c *Client) bearer(ctx context.Context) (Tokens, error) {
	if c.set.source == nil {
		return Tokens{AccessToken: c.set.apiKey}, nil
	}
	tokens := c.set.source.Load()
	if tokens.RefreshToken != "" && !tokens.ExpiresAt.IsZero() && time.Until(tokens.ExpiresAt) < early {
		return c.renewed(ctx, tokens)
	}
	return tokens, nil
}

// canRenew reports whether a 401 can be mended by a refresh.
func (c *Client) canRenew() bool {
	return c.set.source != nil && c.set.source.Load().RefreshToken != ""
}

// renewed gets new tokens once for all who wait. `old` are those that no longer serve; they are compared as a whole,
// because two access tokens of one second can be equal.
func (c *Client) renewed(ctx context.Context, old Tokens) (Tokens, error) {
	select {
	case c.renewing <- struct{}{}:
		defer func() { <-c.renewing }()
	case <-ctx.Done():
		return Tokens{}, ctx.Err()
	}
	tokens := c.set.source.Load()
	if tokens != old {
		return tokens, nil
	}
	var answer LoginResponse
	err := c.do(ctx, request{
		method: "POST", path: "/api/auth/refresh", kind: keyed, public: true,
		body: RefreshRequest{RefreshToken: &tokens.RefreshToken},
	}, &answer)
	if errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrOutcomeUnknown) {
		return Tokens{}, errors.Join(ErrSessionLost, err)
	}
	if err != nil {
		return Tokens{}, err
	}
	fresh := tokensOf(answer, time.Now())
	if err := c.set.source.Save(fresh); err != nil {
		return Tokens{}, errors.Join(ErrSessionLost, err)
	}
	return fresh, nil
}
