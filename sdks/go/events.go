package netra

import (
	"encoding/json"
	"fmt"
)

// RunEvent is one event of a run. Exactly one of Update, Result, Fault is set, or none for a type that this SDK does not know.
type RunEvent struct {
	Type   string
	Seq    int64
	RunID  string
	Update *AgentUpdateData
	Result *AgentResultData
	Fault  *ErrorData
	Raw    json.RawMessage // the event's data as it came
}

// IsLast reports whether no event can follow.
func (e *RunEvent) IsLast() bool { return e.Result != nil }

// skipped is the number of events that this one replaces.
func (e *RunEvent) skipped() int64 {
	if e.Update == nil {
		return 0
	}
	return e.Update.Skipped
}

func eventOf(kind string, data []byte) (*RunEvent, error) {
	event := &RunEvent{Type: kind, Raw: append(json.RawMessage(nil), data...)}
	var common struct {
		Seq   int64  `json:"seq"`
		RunID string `json:"run_id"`
	}
	if err := json.Unmarshal(data, &common); err != nil {
		return nil, fmt.Errorf("%w: an event %q: %v", ErrUnexpectedAnswer, kind, err)
	}
	event.Seq, event.RunID = common.Seq, common.RunID
	var err error
	switch kind {
	case "agent_update":
		event.Update, err = into[AgentUpdateData](data)
	case "agent_result":
		event.Result, err = into[AgentResultData](data)
	case "error":
		event.Fault, err = into[ErrorData](data)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: an event %q: %v", ErrUnexpectedAnswer, kind, err)
	}
	return event, nil
}

func into[T any](data []byte) (*T, error) {
	value := new(T)
	return value, json.Unmarshal(data, value)
}
