package netra

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

// ListParams choose a page. Limit 0 is the service's default.
type ListParams struct {
	Limit  int
	Cursor string
}

// HistoryParams choose a page of runs.
type HistoryParams struct {
	Limit    int
	Cursor   string
	ThreadID string
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
