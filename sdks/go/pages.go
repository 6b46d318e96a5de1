package netra

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// ListParams choose a page. Limit 0 is the service's default.
type ListParams struct {
	Limit  int
	Cursor string
}

// HistoryParams choose a page of runs. Every filter that is set applies.
type HistoryParams struct {
	Limit      int
	Cursor     string
	ThreadID   string
	WorkloadID string
	Status     string    // "processing", "completed", "failed" or "cancelled"
	Q          string    // a part of the question; A-Z match a-z
	Since      time.Time // accepted at this instant or later
	Until      time.Time // accepted before this instant
}

func (p HistoryParams) query() url.Values {
	return values(map[string][]string{
		"thread_id": {p.ThreadID}, "workload_id": {p.WorkloadID}, "status": {p.Status}, "q": {p.Q},
		"since": {instant(p.Since)}, "until": {instant(p.Until)},
	})
}

// AuditParams choose a page of security events. Every filter that is set applies.
type AuditParams struct {
	Limit  int
	Cursor string
	Event  string // such as "sign_in_refused"
	UserID int64
	Since  time.Time
	Until  time.Time
}

func (p AuditParams) query() url.Values {
	user := ""
	if p.UserID != 0 {
		user = strconv.FormatInt(p.UserID, 10)
	}
	return values(map[string][]string{
		"event": {p.Event}, "user_id": {user}, "since": {instant(p.Since)}, "until": {instant(p.Until)},
	})
}

// EventsParams choose a page of stored calls. Several values of one filter are alternatives.
type EventsParams struct {
	Limit    int
	Cursor   string
	IDs      []string
	From     time.Time // the first instant to show
	To       time.Time // the instant at which to stop
	Model    []string
	Provider []string
	Feature  []string
	Template []string
	Tool     []string
	Session  []string
	Status   []string
	Without  []string // names of filters whose calls without a value are shown too, such as "feature"
	Sort     string   // "-timestamp" (default), "-usd" or "-latency_ms"
}

func (p EventsParams) query() url.Values {
	found := values(map[string][]string{
		"id": p.IDs, "from": {instant(p.From)}, "to": {instant(p.To)}, "model": p.Model, "provider": p.Provider,
		"feature": p.Feature, "template": p.Template, "tool": p.Tool, "session": p.Session, "status": p.Status,
		"sort": {p.Sort},
	})
	for _, name := range p.Without {
		found.Add(name, "")
	}
	return found
}

// values returns a query of the texts that are set.
func values(given map[string][]string) url.Values {
	found := url.Values{}
	for name, texts := range given {
		for _, text := range texts {
			if text != "" {
				found.Add(name, text)
			}
		}
	}
	return found
}

// instant writes an instant in UTC; the zero time is no instant.
func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}

// Page is one page of a list.
type Page[T any] struct {
	Data       []T        `json:"data"`
	Pagination Pagination `json:"pagination"`

	next func(ctx context.Context, cursor string) (*Page[T], error)
	from string
}

// Total is the number of items of the whole list.
func (p *Page[T]) Total() int64 { return p.Pagination.Total }

// HasMore reports whether a page follows.
func (p *Page[T]) HasMore() bool { return p.Pagination.NextCursor != nil }

// Next returns the page that follows, nil after the last one.
func (p *Page[T]) Next(ctx context.Context) (*Page[T], error) {
	if p.Pagination.NextCursor == nil {
		return nil, nil
	}
	cursor := *p.Pagination.NextCursor
	if cursor == p.from {
		return nil, fmt.Errorf("%w: a page names itself as the next one (cursor %q)", ErrUnexpectedAnswer, cursor)
	}
	return p.next(ctx, cursor)
}

// All iterates over the items of this page and of all that follow. A page without items does not end it.
func (p *Page[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := p; page != nil; {
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			next, err := page.Next(ctx)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			page = next
		}
	}
}

func page[T any](
	ctx context.Context, c *Client, path string, params ListParams, extra url.Values, options []CallOption,
) (*Page[T], error) {
	query := url.Values{}
	for name, values := range extra {
		query[name] = values
	}
	if params.Limit != 0 {
		query.Set("limit", strconv.Itoa(params.Limit))
	}
	if params.Cursor != "" {
		query.Set("cursor", params.Cursor)
	}
	found, err := get[Page[T]](ctx, c, path, query, options)
	if err != nil {
		return nil, err
	}
	found.from = params.Cursor
	found.next = func(ctx context.Context, cursor string) (*Page[T], error) {
		return page[T](ctx, c, path, ListParams{params.Limit, cursor}, extra, options)
	}
	return found, nil
}
