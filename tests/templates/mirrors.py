"""Mirrors of packages on this machine, as companies have them: over TLS, with a certificate of their own authority."""

from __future__ import annotations

import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Handler = Callable[..., BaseHTTPRequestHandler]


@contextmanager
def mirror(handler: Handler, certificate: Path | None = None) -> Iterator[str]:
    """The address of a server on this machine; with a certificate, of which the file holds the key too, over TLS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Files(SimpleHTTPRequestHandler):
    """Files of a folder, many over one connection, as Maven asks for them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


def files_of(folder: Path) -> Handler:
    return partial(Files, directory=folder)


class Upstream(BaseHTTPRequestHandler):
    """What another server has, fetched when it is asked for."""

    server_of: str
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        try:
            with urllib.request.urlopen(f"{self.server_of}{self.path}") as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def upstream(server_of: str) -> Handler:
    return type("Handler", (Upstream,), {"server_of": server_of})


def certified(folder: Path) -> tuple[Path, Path]:
    """The certificate of a company's authority, and one for 127.0.0.1 that it has signed, with its key."""
    authority, key, server = folder / "company.crt", folder / "company.key", folder / "server.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-out"]
    signed = ["-CA", authority, "-CAkey", key, "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*request, authority, "-keyout", key, "-subj", "/CN=Company CA"], check=True, capture_output=True)
    subprocess.run([*request, server, "-keyout", folder / "server.key", "-subj", "/CN=mirror", *signed], check=True)
    server.write_text(server.read_text() + (folder / "server.key").read_text())
    return authority, server
