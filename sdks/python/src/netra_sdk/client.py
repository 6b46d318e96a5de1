"""The blocking client: one line a method; `async_client` is the same with `await`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import msgspec

from netra_sdk import _calls, errors
from netra_sdk import types as t
from netra_sdk._cursor import IDLE_S
from netra_sdk._policy import RETRIES, RETRY_AFTER_MAX_S, TIMEOUT_S, Call, Options, Response
from netra_sdk._tokens import Credentials, Tokens
from netra_sdk._transport import EventStream, Transport
from netra_sdk._wire import base_url_of, credentials_of
from netra_sdk.pages import Page
from netra_sdk.runs import Run

if TYPE_CHECKING:
    import httpx2

    from netra_sdk.live import Live
    from netra_sdk.recorder import Recorder

T = TypeVar("T")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A question's result, its run and its thread."""

    advice: t.Advice
    run: Run
    thread_id: str | None


class _Resource:
    """A group of methods over one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_response(self) -> Any:
        """The same methods, each returning a `Response` with status, headers and request id."""
        return _WithResponse(self)

    def _call(self, call: Call[T], timeout: float | None = None) -> T:
        return self._transport.call(call, self._options(timeout)).value

    def _pages(
        self,
        call_at: Callable[[str | None], Call[Any]],  # Any: each list's own answer
        cursor: str | None,
        timeout: float | None,
    ) -> Page[Any]:
        """Return the page at `cursor`, which leads to those after it."""
        got = self._call(call_at(cursor), timeout)

        def fetch(after: str) -> Page[Any]:
            return self._pages(call_at, after, timeout)

        return Page(got.data, got.pagination, cursor=cursor, fetch=fetch)

    def _options(self, timeout: float | None) -> Options | None:
        given = self._transport.options
        return None if timeout is None else msgspec.structs.replace(given, timeout=timeout)


class _WithResponse:
    """Calls a method of a resource and returns the whole response."""

    def __init__(self, resource: _Resource) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., Response[Any]]:
        kind = type(self._resource)

        def called(*given: Any, **named: Any) -> Response[Any]:
            kept: list[Response[Any]] = []
            recording = kind(_Recording(self._resource._transport, kept))  # type: ignore[arg-type]
            getattr(recording, name)(*given, **named)
            return kept[-1]

        return called


class _Recording:
    """A transport that keeps its responses."""

    def __init__(self, transport: Transport, kept: list[Response[Any]]) -> None:
        self._transport = transport
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def call(self, call: Call[T], options: Options | None = None) -> Response[T]:
        response = self._transport.call(call, options)
        self._kept.append(response)
        return response


class Sessions(_Resource):
    """`client.auth.sessions`."""

    def list(self, *, timeout: float | None = None) -> list[t.SessionLine]:
        """Return the user's live sessions, newest first."""
        return self._call(_calls.list_sessions(), timeout).data

    def end(self, session_id: str, *, timeout: float | None = None) -> t.Confirmation:
        """End one session."""
        return self._call(_calls.end_session(session_id), timeout)

    def end_all(self, *, timeout: float | None = None) -> t.Confirmation:
        """End every session of the user, including this one."""
        return self._call(_calls.end_sessions(), timeout)


class Auth(_Resource):
    """`client.auth`."""

    @property
    def sessions(self) -> Sessions:
        """The user's sessions."""
        return Sessions(self._transport)

    def register(
        self,
        email: str,
        name: str,
        password: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> t.UserCard:
        """Create an account, where the deployment allows it."""
        return self._call(_calls.register(email, name, password, key=idempotency_key), timeout)

    def refresh(self) -> Tokens:
        """Renew the tokens now; it happens by itself when it is needed."""
        self._transport.renew()
        credentials = self._transport.credentials
        if credentials is None or credentials.tokens is None:
            raise errors.SessionLostError("there are no tokens; sign in again")
        return credentials.tokens

    def exchange(
        self, code: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> t.LoginResponse:
        """Exchange the code of a redirect for tokens."""
        return self._call(_calls.exchange(code, key=idempotency_key), timeout)

    def authorize(
        self, redirect_uri: str | None = None, *, timeout: float | None = None
    ) -> t.AuthorizationUrl:
        """Return the address of the provider's sign-in page; a browser has to open it."""
        return self._call(_calls.authorize(redirect_uri), timeout)

    def me(self, *, timeout: float | None = None) -> t.UserProfile:
        """Return the signed-in user."""
        return self._call(_calls.me(), timeout)

    def sign_out(self, *, timeout: float | None = None) -> t.Confirmation:
        """End this session."""
        return self._call(_calls.logout(), timeout)

    def change_password(self, current: str, new: str, *, timeout: float | None = None) -> t.PasswordChanged:
        """Change the password; every session ends."""
        return self._call(_calls.change_password(current, new), timeout)

    def ticket(self, *, timeout: float | None = None) -> t.Ticket:
        """Return a ticket that opens one socket."""
        return self._call(_calls.ticket(), timeout)


class Agent(_Resource):
    """`client.agent`."""

    def execute(
        self,
        message: str,
        *,
        workload_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        thread_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Run:
        """Ask a question; it is answered by the run that is returned."""
        call = _calls.execute(
            message,
            workload_id=workload_id,
            parameters=parameters,
            thread_id=thread_id,
            key=idempotency_key,
        )
        accepted = self._call(call, timeout)
        return Run(
            self._transport,
            accepted.run_id,
            thread_id=accepted.thread_id,
            created_at=accepted.created_at,
            thread_created=accepted.thread_created,
        )

    def attach(self, run_id: str, *, after: int = 0) -> Run:
        """Return the handle of a known run; nothing is sent."""
        return Run(self._transport, run_id, after=after)

    def status(self, run_id: str, *, timeout: float | None = None) -> t.RunStatus:
        """Return a run's state, with its result once it has one."""
        return self._call(_calls.status(run_id), timeout)

    def events(self, run_id: str, *, after: int = 0) -> EventStream:
        """Return a run's events after number `after`."""
        return EventStream(self._transport, run_id, after=after)

    def cancel(
        self, run_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> t.RunStatus:
        """Cancel a run and return its state."""
        return self._call(_calls.cancel(run_id, key=idempotency_key), timeout)

    def history(
        self,
        *,
        thread_id: str | None = None,
        workload_id: str | None = None,
        status: str | None = None,
        q: str | None = None,
        since: _calls.Instant | None = None,
        until: _calls.Instant | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Page[t.RunLine]:
        """Return the runs that meet every filter, newest first; `q` is a part of the question."""
        asked = partial(
            _calls.history,
            thread_id=thread_id,
            workload_id=workload_id,
            status=status,
            q=q,
            since=since,
            until=until,
            limit=limit,
        )
        return self._pages(lambda after: asked(cursor=after), cursor, timeout)


class Threads(_Resource):
    """`client.threads`."""

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, timeout: float | None = None
    ) -> Page[t.ThreadLine]:
        """Return the conversations, newest first."""
        return self._pages(lambda after: _calls.list_threads(limit=limit, cursor=after), cursor, timeout)

    def get(self, thread_id: str, *, timeout: float | None = None) -> t.ThreadPage:
        """Return a conversation with its messages, oldest first."""
        return self._call(_calls.get_thread(thread_id), timeout)

    def rename(self, thread_id: str, title: str, *, timeout: float | None = None) -> t.ThreadLine:
        """Set the title of a conversation."""
        return self._call(_calls.rename_thread(thread_id, title), timeout)

    def delete(self, thread_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Delete a conversation and its runs."""
        try:
            self._call(_calls.delete_thread(thread_id), timeout)
        except errors.NotFoundError:
            if not missing_ok:
                raise


class Workloads(_Resource):
    """`client.workloads`."""

    def create(
        self, name: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> t.WorkloadCard:
        """Create an empty workload."""
        return self._call(_calls.create_workload(name, key=idempotency_key), timeout)

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, timeout: float | None = None
    ) -> Page[t.WorkloadCard]:
        """Return the workloads, newest first."""
        return self._pages(lambda after: _calls.list_workloads(limit=limit, cursor=after), cursor, timeout)

    def get(self, workload_id: str, *, timeout: float | None = None) -> t.WorkloadDetail:
        """Return a workload and its size."""
        return self._call(_calls.get_workload(workload_id), timeout)

    def rename(self, workload_id: str, name: str, *, timeout: float | None = None) -> t.WorkloadCard:
        """Set the name of a workload."""
        return self._call(_calls.rename_workload(workload_id, name), timeout)

    def delete(self, workload_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Delete a workload and its events."""
        try:
            self._call(_calls.delete_workload(workload_id), timeout)
        except errors.NotFoundError:
            if not missing_ok:
                raise

    def add_events(
        self,
        workload_id: str,
        events: Iterable[_calls.CallRow],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> t.EventsTaken:
        """Add calls, in requests of at most 10,000 rows and 32 MiB; a repeated id counts once."""
        key = idempotency_key or _calls.new_key()
        parts = [
            self._call(_calls.add_events(workload_id, lines, key=f"{key}-{number}"), timeout)
            for number, lines in enumerate(_calls.batches(events))
        ]
        return _calls.joined(workload_id, parts)

    def list_events(
        self,
        workload_id: str,
        *,
        ids: Sequence[str] | None = None,
        since: _calls.Instant | None = None,
        until: _calls.Instant | None = None,
        model: _calls.Names | None = None,
        provider: _calls.Names | None = None,
        feature: _calls.Names | None = None,
        template: _calls.Names | None = None,
        tool: _calls.Names | None = None,
        session: _calls.Names | None = None,
        status: _calls.Names | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Page[t.ListedEvent]:
        """Return stored calls with their cost, newest first, or by `sort="-usd"` or `"-latency_ms"`.

        Several values of one filter are alternatives, an empty text stands for calls without a value; every
        filter that is given applies.
        """
        labels = {
            "model": model,
            "provider": provider,
            "feature": feature,
            "template": template,
            "tool": tool,
            "session": session,
            "status": status,
        }
        asked = partial(
            _calls.list_events,
            workload_id,
            ids=ids,
            since=since,
            until=until,
            labels=labels,
            sort=sort,
            limit=limit,
        )
        return self._pages(lambda after: asked(cursor=after), cursor, timeout)

    def intake(self, workload_id: str, *, timeout: float | None = None) -> t.IntakeAnswer:
        """Return what came in by telemetry: calls of each emitter, those without usage, and advice."""
        return self._call(_calls.intake(workload_id), timeout)

    def decisions(self, workload_id: str, *, timeout: float | None = None) -> t.DecisionList:
        """Return what was decided about the recommendations on a workload, latest first."""
        return self._call(_calls.decisions(workload_id), timeout)

    def decide(
        self,
        workload_id: str,
        key: str,
        state: str,
        *,
        run_id: str | None = None,
        reason: str | None = None,
        note: str | None = None,
        effective_at: _calls.Instant | None = None,
        until: _calls.Instant | None = None,
        etag: str | None = None,
        timeout: float | None = None,
    ) -> t.DecisionLine:
        """Set a recommendation, by its `key`, to `planned`, `adopted`, `dismissed` or `open` again.

        A first decision names the run that shows the recommendation, a dismissal its reason. With `etag`,
        only that version is changed: otherwise `PreconditionFailedError`.
        """
        call = _calls.decide(
            workload_id,
            key,
            state,
            run_id=run_id,
            reason=reason,
            note=note,
            effective_at=effective_at,
            until=until,
            etag=etag,
        )
        return self._call(call, timeout)

    def verification(
        self, workload_id: str, key: str, *, timeout: float | None = None
    ) -> t.DecisionVerification:
        """Return what an adopted recommendation brought: the calls before it against those since."""
        return self._call(_calls.verification(workload_id, key), timeout)

    def simulate(
        self,
        workload_id: str,
        proposal: t.Proposal | None = None,
        *,
        timeout: float | None = None,
        **change: Any,
    ) -> t.Simulated:
        """Return the bill and the latency with a change, such as `model="gpt-4o-mini"`; nothing is stored."""
        asked = proposal if proposal is not None else t.Proposal(**change)
        return self._call(_calls.simulate(workload_id, asked), timeout)

    def explain(
        self, workload_id: str, *, before: str, after: str | None = None, timeout: float | None = None
    ) -> t.Explanation:
        """Return why the bill differs between two periods; without `after`, it begins where `before` ends."""
        return self._call(_calls.explain(workload_id, before, after), timeout)

    def recorder(self, workload_id: str, **options: Any) -> Recorder:
        """Return a recorder that sends calls in the background."""
        from netra_sdk.recorder import Recorder

        return Recorder(self._transport, workload_id, **options)


class Keys(_Resource):
    """`client.keys`."""

    def list(self, *, timeout: float | None = None) -> list[t.KeyLine]:
        """Return the user's API keys, without their secrets."""
        return self._call(_calls.list_keys(), timeout).data

    def create(
        self,
        name: str,
        scopes: Sequence[t.KeyScope],
        *,
        expires_in_days: int = 90,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> t.MadeKey:
        """Create an API key; its secret is in this answer, and for ten minutes in a repeated one."""
        call = _calls.make_key(name, scopes, expires_in_days, key=idempotency_key)
        return self._call(call, timeout)

    def revoke(self, key_id: str, *, timeout: float | None = None) -> t.Confirmation:
        """Revoke a key."""
        return self._call(_calls.revoke_key(key_id), timeout)

    def revoke_all(self, *, timeout: float | None = None) -> t.KeysRevoked:
        """Revoke every key of the user."""
        return self._call(_calls.revoke_keys(), timeout)


class Audit(_Resource):
    """`client.audit`."""

    def list(
        self,
        *,
        event: str | None = None,
        user_id: int | None = None,
        since: _calls.Instant | None = None,
        until: _calls.Instant | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Page[t.AuditLine]:
        """Return the security events that meet every filter, newest first; for administrators."""
        asked = partial(
            _calls.list_audit, event=event, user_id=user_id, since=since, until=until, limit=limit
        )
        return self._pages(lambda after: asked(cursor=after), cursor, timeout)


class Health(_Resource):
    """`client.health`."""

    def check(self, *, timeout: float | None = None) -> t.Health:
        """Return that the process answers."""
        return self._call(_calls.health_check(), timeout)

    def ready(self, *, timeout: float | None = None) -> t.Ready:
        """Return whether the process should receive traffic; "no" is an answer too."""
        return self._call(_calls.health_ready(), timeout)

    def config(self, *, timeout: float | None = None) -> t.PublicConfiguration:
        """Return the public settings and limits."""
        return self._call(_calls.config(), timeout)

    def dependencies(self, *, timeout: float | None = None) -> t.DependenciesHealth:
        """Return the state of every dependency."""
        return self._call(_calls.health_dependencies(), timeout)


class Netra:
    """A client of one Netra service; safe for many threads.

    The credential is the first there is: `api_key`, `tokens`, `NETRA_API_KEY`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        tokens: Tokens | None = None,
        on_tokens: Callable[[Tokens], None] | None = None,
        timeout: float = TIMEOUT_S,
        max_retries: int = RETRIES,
        max_retry_after: float = RETRY_AFTER_MAX_S,
        idle_timeout: float = IDLE_S,
        http_client: httpx2.Client | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        credentials = credentials_of(api_key, tokens, on_tokens)
        options = Options(timeout=timeout, max_retries=max_retries, max_retry_after=max_retry_after)
        self._open(
            Transport(
                base_url_of(base_url),
                credentials,
                options=options,
                idle_timeout=idle_timeout,
                http_client=http_client,
                headers=headers,
            )
        )

    def _open(self, transport: Transport) -> None:
        self._transport = transport
        self.auth = Auth(transport)
        self.agent = Agent(transport)
        self.threads = Threads(transport)
        self.workloads = Workloads(transport)
        self.keys = Keys(transport)
        self.audit = Audit(transport)
        self.health = Health(transport)

    @classmethod
    def sign_in(cls, email: str, password: str, *, base_url: str | None = None, **options: Any) -> Netra:
        """Return a client with the tokens of a sign-in, which it renews by itself."""
        unsigned = Transport(base_url_of(base_url), None, options=Options())
        try:
            signed_in = unsigned.call(_calls.login(email, password)).value
        finally:
            unsigned.close()
        on_tokens = options.pop("on_tokens", None)
        first = Credentials(on_tokens=on_tokens)
        first.take(signed_in)
        return cls(tokens=first.tokens, on_tokens=on_tokens, base_url=base_url, **options)

    def with_options(self, **changes: Any) -> Netra:
        """Return a client with other options over the same connections and credential."""
        given = self._transport
        idle_timeout = changes.pop("idle_timeout", given.idle_timeout)
        other = Netra.__new__(Netra)
        other._open(
            Transport(
                given.base_url,
                given.credentials,
                options=msgspec.structs.replace(given.options, **changes),
                idle_timeout=idle_timeout,
                http_client=given.http,
            )
        )
        return other

    def config(self, *, timeout: float | None = None) -> t.PublicConfiguration:
        """Return the public settings and limits."""
        return self.health.config(timeout=timeout)

    def ask(
        self,
        message: str,
        *,
        workload_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        thread_id: str | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Ask a question and wait for its result."""
        run = self.agent.execute(message, workload_id=workload_id, parameters=parameters, thread_id=thread_id)
        return Answer(advice=run.wait(timeout), run=run, thread_id=run.thread_id)

    def live(self) -> Live:
        """Open a socket on which many runs are followed; needs `netra-sdk[live]`."""
        from netra_sdk.live import Live

        return Live(self._transport)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Netra(base_url={self._transport.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Netra client cannot be pickled: make one in each process")
