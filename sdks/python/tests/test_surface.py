"""The surface: both clients alike, a method for every operation, a class for every error."""

import inspect
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import netra_sdk
import pytest
from netra_sdk import AsyncNetra, Netra, Tokens, async_client, client, errors
from netra_sdk._tokens import Credentials
from netra_sdk._wire import Journal, base_url_of

WHERE = {**os.environ, "PYTHONPATH": str(Path(netra_sdk.__file__).parents[1])}
SPEC = Path(__file__).parents[2] / "spec"
METHODS = json.loads((SPEC / "methods.json").read_text())
RESOURCES = ("Auth", "Agent", "Threads", "Workloads", "Keys", "Audit", "Health", "Sessions")


def methods_of(kind: type[Any]) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: inspect.signature(one) for name, one in found if not name.startswith("_")}


@pytest.mark.parametrize("name", RESOURCES)
def test_both_clients_have_the_same_methods(name: str) -> None:
    one, other = methods_of(getattr(client, name)), methods_of(getattr(async_client, name))
    assert one.keys() == other.keys()
    for method, signature in one.items():
        assert list(signature.parameters) == list(other[method].parameters), method


def test_both_clients_are_built_alike() -> None:
    one, other = (inspect.signature(kind.__init__).parameters for kind in (Netra, AsyncNetra))
    assert list(one) == list(other)


def test_every_operation_has_its_method() -> None:
    for name, row in METHODS.items():
        if row.get("excluded"):
            continue
        place = row["python"].partition("(")[0]
        found: Any = Netra("nk_x", base_url="http://127.0.0.1:1") if not place.startswith("Netra.") else None
        if found is None:
            assert hasattr(Netra, place.removeprefix("Netra.")), name
            continue
        for part in place.split("."):
            found = getattr(found, part)
        assert callable(found), name


def test_every_error_code_has_its_class() -> None:
    for code, row in json.loads((SPEC / "errors.json").read_text()).items():
        kind = errors.class_of(code, row["status"])
        wanted = getattr(errors, row["class"] + ("" if row["class"].endswith("Error") else "Error"), None)
        if wanted is not None:
            assert kind is wanted, code
    assert errors.class_of("NEW", 418) is errors.ApiError
    assert errors.class_of("NEW", 599) is errors.ServerError


def test_every_exported_name_is_there() -> None:
    for name in netra_sdk.__all__:
        assert getattr(netra_sdk, name) is not None
    with pytest.raises(AttributeError):
        _ = netra_sdk.nothing  # type: ignore[attr-defined]


def test_a_client_needs_a_credential_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)
    with pytest.raises(errors.ConfigurationError, match="NETRA_API_KEY"):
        Netra()
    monkeypatch.setenv("NETRA_API_KEY", "nk_from_the_environment")
    monkeypatch.setenv("NETRA_BASE_URL", "http://elsewhere:1/netra/v2/")
    with Netra() as found:
        assert repr(found) == "Netra(base_url='http://elsewhere:1/netra/v2')"
    with pytest.raises(errors.ConfigurationError, match="base_url"):
        base_url_of("localhost:8000")


def test_a_client_is_not_pickled_and_shows_no_secret() -> None:
    for made in (Netra("nk_secret"), AsyncNetra("nk_secret")):
        with pytest.raises(TypeError, match="each process"):
            pickle.dumps(made)
        assert "secret" not in repr(made)
    assert "secret" not in repr(Tokens(access_token="secret")) + repr(Credentials(api_key="secret"))


def test_options_change_a_client_over_the_same_connections() -> None:
    with Netra("nk_x") as one:
        other = one.with_options(timeout=5, idle_timeout=1)
        assert other._transport.http is one._transport.http
        assert (other._transport.options.timeout, one._transport.options.timeout) == (5, 60)


def test_tokens_are_stored_before_they_are_used() -> None:
    kept: list[Tokens] = []
    credentials = Credentials(tokens=Tokens(access_token="a", refresh_token="r"), on_tokens=kept.append)
    user = netra_sdk.types.UserCard(id=1, email="e", name="n")
    fresh = netra_sdk.types.LoginResponse(
        access_token="b", token_type="bearer", expires_in=60, refresh_expires_in=1, user=user
    )
    credentials.take(fresh)
    assert [(one.access_token, one.refresh_token) for one in kept] == [("b", "r")]
    assert credentials.authorization() == "Bearer b"


def test_another_major_version_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    step = netra_sdk._policy.Send(
        method="GET", path="/", params={}, headers={}, body=None, timeout=1, template="/", attempt=0
    )
    for _ in range(2):
        journal.request(step, status=200, seconds=0, headers={"x-api-version": "3.1.0"})
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_requests_are_decoded_by_the_services_own_types() -> None:
    from netra.domain.optimization.what_if.simulate import Proposal
    from netra.domain.workloads.model import Event

    sent = netra_sdk.Proposal(model="m", batch_share=0.5, replicas=2)
    assert msgspec.json.decode(msgspec.json.encode(sent), type=Proposal).batch_share == 0.5
    event = {"timestamp": "2026-01-01T00:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 2}
    call = msgspec.convert({**event, "labels": {"team": "a"}, "prefix_hashes": [1, "b"]}, netra_sdk.Call)
    assert msgspec.json.decode(msgspec.json.encode(call), type=Event).labels == {"team": "a"}


def test_the_package_imports_nothing_until_it_is_used() -> None:
    code = "import sys, netra_sdk; print('httpx2' in sys.modules, 'netra_sdk.types' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=WHERE
    )
    assert ran.stdout.split() == ["False", "False"]
