"""An OpenID provider on loopback that lies in exactly the way it is told to."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "netra-tests"
CLIENT_SECRET = "a secret between this test and its provider"
SUBJECT = "subject-1"

Claims = dict[str, Any]


def part(value: bytes) -> str:
    """Return one of a token's three parts."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def unsigned(claims: Claims, **header: str) -> str:
    """Return a token with `alg` none, or what the header says, and no signature."""
    head = {"alg": "none", "typ": "JWT", **header}
    return f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}."


class HostileIssuer:
    """Signs what it is told, answers what it is told, and counts what it was asked."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
        self.published = [self.key]
        self.codes: dict[str, dict[str, str]] = {}
        self.tells: Claims = {}
        self.sign: Callable[[Claims], str] = self.signed
        self.metadata: Claims = {}
        self.token_status = 200
        self.token_body: bytes | None = None
        self.userinfo: Claims | None = None
        self.asked: list[str] = []
        self.url = ""

    def signed(self, claims: Claims, *, key: Any = None, kid: str | None = "one", alg: str = "RS256") -> str:
        """Return a token signed with `key`, our own when none is given."""
        header = {"alg": alg} if kid is None else {"alg": alg, "kid": kid}
        return jwt.encode(header, claims, key or self.key, algorithms=[alg])

    def signed_with_public_key(self, claims: Claims) -> str:
        """Return a token whose HMAC key is the provider's public key, which everybody knows."""
        text = unsigned(claims, alg="HS256", kid="one").rstrip(".")
        return f"{text}.{part(hmac.digest(self.key.as_pem(private=False), text.encode(), 'sha256'))}"

    def visit(self, authorization_url: str) -> str:
        """Return the code that a browser would come back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        assert query["code_challenge_method"] == "S256"
        assert query["response_type"] == "code"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of one request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self._discovery()).encode()
        if path == "/jwks":
            return 200, json.dumps({"keys": [key.as_dict(private=False) for key in self.published]}).encode()
        if path == "/userinfo" and self.userinfo is not None:
            return 200, json.dumps(self.userinfo).encode()
        if path == "/token":
            return self._token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return 404, b"{}"

    def _discovery(self) -> Claims:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            **self.metadata,
        }

    def _token(self, form: dict[str, str]) -> tuple[int, bytes]:
        if self.token_body is not None or self.token_status != 200:
            return self.token_status, self.token_body or b"{}"
        query = self.codes.get(form["code"])
        if query is None:
            return 400, b'{"error": "invalid_grant"}'
        now_s = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": SUBJECT,
            "iat": now_s,
            "exp": now_s + 600,
            "nonce": query["nonce"],
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada",
            **self.tells,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        answer = {"access_token": "at-1", "token_type": "Bearer", "id_token": self.sign(claims)}
        return 200, json.dumps(answer).encode()


@contextmanager
def hostile_issuer() -> Generator[HostileIssuer]:
    """Run one on a free port."""
    issuer = HostileIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            status, sent = issuer.answer(urlsplit(self.path).path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
