package netra

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The kinds of failure. Compare with errors.Is; take the details of an answer with errors.As and *Error.
var (
	ErrConfiguration         = errors.New("netra: wrong configuration")
	ErrConnectionFailed      = errors.New("netra: no answer was received")
	ErrTimedOut              = fmt.Errorf("%w in time", ErrConnectionFailed)
	ErrOutcomeUnknown        = fmt.Errorf("%w and the request may have been carried out", ErrConnectionFailed)
	ErrUnexpectedAnswer      = errors.New("netra: the answer is not one of Netra's")
	ErrStreamBroken          = errors.New("netra: the stream of events broke")
	ErrRunFailed             = errors.New("netra: the run failed")
	ErrRunCancelled          = errors.New("netra: the run was cancelled")
	ErrWaitTimeout           = errors.New("netra: the run has not ended yet")
	ErrSessionLost           = errors.New("netra: the session is lost; sign in again")
	ErrClosed                = errors.New("netra: closed")
	ErrInvalidRequest        = errors.New("netra: the request is wrong")
	ErrValidationFailed      = fmt.Errorf("%w: validation failed", ErrInvalidRequest)
	ErrIdempotencyKeyReused  = fmt.Errorf("%w: the idempotency key belongs to another request", ErrInvalidRequest)
	ErrUnauthorized          = errors.New("netra: not signed in")
	ErrForbidden             = errors.New("netra: not allowed")
	ErrNotFound              = errors.New("netra: not found")
	ErrGone                  = errors.New("netra: gone")
	ErrConflict              = errors.New("netra: conflict")
	ErrThreadBusy            = fmt.Errorf("%w: the thread has a run", ErrConflict)
	ErrAmbiguousRun          = fmt.Errorf("%w: more than one run could be meant", ErrConflict)
	ErrIdempotencyInProgress = fmt.Errorf("%w: the first request with this key is still being handled", ErrConflict)
	ErrPreconditionFailed    = errors.New("netra: it was changed since it was read")
	ErrPayloadTooLarge       = errors.New("netra: the payload is too large")
	ErrUnsupportedMediaType  = errors.New("netra: the media type is not supported")
	ErrRateLimited           = errors.New("netra: rate limit reached")
	ErrServer                = errors.New("netra: the service failed")
	ErrUnavailable           = fmt.Errorf("%w: unavailable", ErrServer)
	ErrUpstreamFailed        = fmt.Errorf("%w: a service that it depends on failed", ErrServer)
	ErrDeadlineExceeded      = fmt.Errorf("%w: it did not finish in time", ErrServer)
)

// kinds maps an error code of sdks/spec/errors.json to its kind. A test holds the two equal.
var kinds = map[string]error{
	"AMBIGUOUS_RUN":           ErrAmbiguousRun,
	"CONFLICT":                ErrConflict,
	"FORBIDDEN":               ErrForbidden,
	"GONE":                    ErrGone,
	"HEADERS_TOO_LARGE":       ErrInvalidRequest,
	"IDEMPOTENCY_IN_PROGRESS": ErrIdempotencyInProgress,
	"IDEMPOTENCY_KEY_REUSED":  ErrIdempotencyKeyReused,
	"INTERNAL_ERROR":          ErrServer,
	"INVALID_REQUEST":         ErrInvalidRequest,
	"METHOD_NOT_ALLOWED":      ErrInvalidRequest,
	"NOT_FOUND":               ErrNotFound,
	"PAYLOAD_TOO_LARGE":       ErrPayloadTooLarge,
	"PRECONDITION_FAILED":     ErrPreconditionFailed,
	"PROCESSING_ERROR":        ErrServer,
	"RATE_LIMITED":            ErrRateLimited,
	"REQUEST_TIMEOUT":         ErrInvalidRequest,
	"SERVICE_UNAVAILABLE":     ErrUnavailable,
	"THREAD_BUSY":             ErrThreadBusy,
	"TIMEOUT":                 ErrDeadlineExceeded,
	"UNAUTHORIZED":            ErrUnauthorized,
	"UNREADABLE_FILE":         ErrInvalidRequest,
	"UNSUPPORTED_MEDIA_TYPE":  ErrUnsupportedMediaType,
	"UPSTREAM_ERROR":          ErrUpstreamFailed,
	"URI_TOO_LONG":            ErrInvalidRequest,
	"VALIDATION_ERROR":        ErrValidationFailed,
}

// Error is an answer of the service that refuses a request.
type Error struct {
	Status         int
	Code           string
	Message        string
	Details        map[string]any
	RequestID      string
	RetryAfter     time.Duration // 0 when the answer names none
	Header         http.Header
	IdempotencyKey string // the key of the request, to go on with it
}

// Error says code, status, message and request id.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%d): %s [request %s]", e.Code, e.Status, e.Message, e.RequestID)
}

// Is compares by kind: errors.Is(err, netra.ErrNotFound).
func (e *Error) Is(target error) bool {
	kind := e.kind()
	return kind != nil && errors.Is(kind, target)
}

func (e *Error) kind() error {
	if kind, ok := kinds[e.Code]; ok {
		return kind
	}
	switch e.Status {
	case 401:
		return ErrUnauthorized
	case 403:
		return ErrForbidden
	case 404:
		return ErrNotFound
	case 409:
		return ErrConflict
	case 410:
		return ErrGone
	case 412:
		return ErrPreconditionFailed
	case 413:
		return ErrPayloadTooLarge
	case 415:
		return ErrUnsupportedMediaType
	case 422:
		return ErrValidationFailed
	case 429:
		return ErrRateLimited
	case 503:
		return ErrUnavailable
	}
	if e.Status >= 500 {
		return ErrServer
	}
	return ErrInvalidRequest
}

// CallError is a request that got no answer of the service.
type CallError struct {
	Kind           error // ErrConnectionFailed, ErrTimedOut, ErrOutcomeUnknown or ErrUnexpectedAnswer
	Method, Path   string
	Status         int    // of an unexpected answer
	Start          string // the first 500 bytes of an unexpected answer
	IdempotencyKey string
	Cause          error
}

// Error names the request and the cause.
func (e *CallError) Error() string {
	text := fmt.Sprintf("%v: %s %s", e.Kind, e.Method, e.Path)
	if e.Status != 0 {
		text += fmt.Sprintf(" (status %d): %q", e.Status, e.Start)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (e *CallError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// RunEnded is the error of a run that brought no result.
type RunEnded struct {
	Kind    error // ErrRunFailed, ErrRunCancelled, ErrWaitTimeout or ErrStreamBroken
	RunID   string
	LastSeq int64
	Code    string
	Message string
}

// Error names the run and why it brought no result.
func (e *RunEnded) Error() string {
	text := fmt.Sprintf("%v: run %s, last event %d", e.Kind, e.RunID, e.LastSeq)
	if e.Message != "" {
		text += ": " + e.Code + ": " + e.Message
	}
	return text
}

// Unwrap gives the kind to errors.Is.
func (e *RunEnded) Unwrap() error { return e.Kind }

// refusal reads the error envelope of an answer; ok is false when the body is none of Netra's.
func refusal(status int, header http.Header, body []byte, key string) (*Error, bool) {
	var envelope Envelope
	if json.Unmarshal(body, &envelope) != nil || envelope.Error.Code == "" {
		return nil, false
	}
	id := envelope.RequestID
	if id == "" {
		id = header.Get("X-Request-ID")
	}
	return &Error{
		Status: status, Code: envelope.Error.Code, Message: envelope.Error.Message, Details: envelope.Error.Details,
		RequestID: id, RetryAfter: retryAfter(header), Header: header, IdempotencyKey: key,
	}, true
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}
