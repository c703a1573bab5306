"""A front before the sandbox, on a free loopback port: https where a client takes nothing else, and a record of all that passes.

Owns the certificate, passing on, and the record.
Does not judge what passes; that is for the tests.
"""

import dataclasses
import datetime
import http.client
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}

SECONDS = 120


@dataclasses.dataclass
class Exchange:
    """One request and its answer; bodies as JSON where they are, else `None`."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    sent: object
    status: int
    answered: object


class Front:
    """Passes everything to `endpoint`, whose links to itself become links to here."""

    def __init__(self, endpoint: str, folder: pathlib.Path, tls: bool) -> None:
        self.exchanges: list[Exchange] = []
        self.behind = urllib.parse.urlsplit(endpoint).netloc
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.authority = f"127.0.0.1:{self.server.server_address[1]}"
        self.scheme = "https" if tls else "http"
        self.endpoint = f"{self.scheme}://{self.authority}"
        self.certificate = folder / "front.pem"
        """What clients must trust."""
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(make_certificate(self.certificate))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def take(self) -> list[Exchange]:
        """What has passed since the last time."""
        taken, self.exchanges = self.exchanges, []
        return taken

    def pass_on(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, list, bytes]:
        connection = http.client.HTTPConnection(self.behind, timeout=SECONDS)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
            connection.request(method, target, body or None, kept | {"Host": self.authority})
            answer = connection.getresponse()
            answered = answer.read().replace(
                f"http://{self.authority}".encode(), f"{self.scheme}://{self.authority}".encode()
            )
            pairs = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        finally:
            connection.close()
        url = urllib.parse.urlsplit(target)
        self.exchanges.append(
            Exchange(
                method,
                urllib.parse.unquote(url.path),
                dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)),
                {name.lower(): value for name, value in headers.items()},
                as_json(body),
                answer.status,
                as_json(answered),
            )
        )
        return answer.status, pairs, answered


def as_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def handler(front: Front) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, pairs, answered = front.pass_on(self.command, self.path, dict(self.headers), body)
            self.send_response_only(status)
            for name, value in pairs:
                self.send_header(name, value)
            self.send_header("content-length", str(len(answered)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answered)

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, *_) -> None:
            pass

    return Handler


def make_certificate(path: pathlib.Path) -> pathlib.Path:
    """A certificate for this machine alone, good for a day, in one file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wip tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
