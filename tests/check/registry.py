"""A registry on loopback that says of every image that its manifest is of the type which the image is called after."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_EMPTY = {"mediaType": "", "size": 2, "digest": f"sha256:{hashlib.sha256(b'{}').hexdigest()}"}


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = self.path.split("/")
        media = f"application/vnd.{parts[-3]}+json" if "manifests" in parts else "application/json"
        rest: dict[str, object] = {"manifests": []} if "index" in media else {"config": _EMPTY, "layers": []}
        content = {"schemaVersion": 2, "mediaType": media, **rest}
        body = json.dumps(content).encode()
        self.send_response(200)
        headers = {"Content-Type": media, "Docker-Content-Digest": f"sha256:{hashlib.sha256(body).hexdigest()}"}
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815


class Registry:
    """Answers until it is closed."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def name(self, media: str) -> str:
        """What an image has to be called whose manifest is of this type."""
        called = media.removeprefix("application/vnd.").removesuffix("+json")
        return f"localhost:{self._server.server_port}/{called}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
