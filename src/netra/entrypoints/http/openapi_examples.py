"""Examples and group descriptions of the OpenAPI document: the API reference's own examples, completed."""

from typing import Final

from netra.entrypoints.schemas import Json

TAGS: Final = {
    "Authentication": "Sign in and out, sessions, and tickets for the socket.",
    "Agent": "Ask a question about a workload, follow the run, cancel it, list earlier runs.",
    "Threads": "Conversations: questions and answers in order.",
    "Workloads": "Request logs: create, fill, inspect, try a change, delete.",
    "Decisions": "Plan, adopt or dismiss what a run recommends, and see what was decided.",
    "Telemetry": "Send spans, logs, metrics and LiteLLM's callback; see what came in.",
    "API keys": "Keys for programs, with scopes and an expiry.",
    "Administration": "The security log, for administrators.",
    "Configuration": "Public settings and limits.",
    "Health": "Liveness, readiness and dependencies, without sign-in and rate limit.",
}

_AT: Final = "2024-01-01T00:00:00Z"
_ENDED: Final = "2024-01-01T00:05:00Z"
_THREAD: Final = {
    "id": "thread-456",
    "title": "Cost Optimization Session",
    "created_at": _AT,
    "updated_at": _ENDED,
    "message_count": 10,
}
_RUN: Final = {
    "run_id": "run-789",
    "thread_id": "thread-456",
    "status": "completed",
    "phase": "completed",
    "progress": 100,
    "message": "Optimize my AI workload",
    "created_at": _AT,
    "started_at": _AT,
    "completed_at": _ENDED,
}
_PAGE: Final = {"total": 1, "limit": 20, "offset": 0, "has_more": False, "next_cursor": None}
_FIRST_PAGE: Final = {"total": 1, "limit": 20, "offset": 0}

# Request bodies by operation.
SENT: Final[Json] = {
    "auth_login": {"email": "user@example.com", "password": "secure_password"},
    "agent_execute": {
        "message": "Optimize my AI workload for cost efficiency",
        "context": {
            "workload_id": "wl-123",
            "parameters": {"priority": "cost", "constraints": ["gpu_memory", "latency"]},
        },
        "thread_id": "thread-456",
    },
    "create_workload": {"name": "support chat"},
    "add_events": {
        "events": [
            {
                "id": "call-1",
                "timestamp": _AT,
                "model": "gpt-4o",
                "input_tokens": 1200,
                "cached_input_tokens": 1024,
                "output_tokens": 180,
                "latency_ms": 900,
                "feature": "chat",
            }
        ]
    },
    "simulate_workload": {"model": "gpt-4o-mini", "batch_share": 0.5},
    "put_decision": {"state": "adopted", "run_id": "run-789", "effective_at": _AT},
    "make_key": {"name": "nightly job", "scopes": ["read", "execute"], "expires_in_days": 90},
}

# Answers with status 200 by operation.
ANSWERED: Final[Json] = {
    "auth_login": {
        "access_token": "eyJhbGciOiJIUzI1NiIs...",
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": "nr_…",
        "refresh_expires_in": 2592000,
        "user": {"id": 1, "email": "user@example.com", "name": "John Doe"},
    },
    "auth_logout": {"message": "Successfully logged out"},
    "auth_me": {
        "id": 1,
        "email": "user@example.com",
        "name": "John Doe",
        "picture": None,
        "role": "member",
        "created_at": _AT,
        "updated_at": _AT,
    },
    "agent_execute": {
        "run_id": "run-789",
        "thread_id": "thread-456",
        "status": "processing",
        "created_at": _AT,
        "thread_created": False,
    },
    "agent_history": {"runs": [_RUN], **_FIRST_PAGE, "data": [_RUN], "pagination": _PAGE},
    "list_threads": {"threads": [_THREAD], **_FIRST_PAGE, "data": [_THREAD], "pagination": _PAGE},
    "get_thread": {
        **_THREAD,
        "messages": [
            {
                "id": "msg-123",
                "role": "user",
                "content": "Optimize my workload",
                "created_at": _AT,
                "run_id": "run-789",
            },
            {
                "id": "msg-124",
                "role": "assistant",
                "content": "I'll help you optimize...",
                "created_at": _ENDED,
                "run_id": "run-789",
            },
        ],
    },
    "delete_thread": {"message": "Thread deleted successfully"},
    "health_check": {"status": "healthy", "timestamp": _AT, "version": "2.0.0"},
    "health_ready": {
        "ready": True,
        "checks": {"database": "connected", "redis": "not_configured", "clickhouse": "not_configured"},
    },
}
