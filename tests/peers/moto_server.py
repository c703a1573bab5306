"""Moto, one request after another.

Its server answers each request in a thread of its own, and looks at a precondition (`If-None-Match`, `If-Match`) in
another step than it writes, with no lock around both (`put_object` in `moto/s3/responses.py`, 5.2): once in many
thousands of rounds two writers are told that they won. S3 never does that, so it would be the server that fails here.
Everything else is moto's.
"""

import threading
from typing import Any

import moto.server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication


class OneAtATime(DomainDispatcherApplication):
    """The same application behind one lock."""

    turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self.turn:
            return super().__call__(environ, start_response)


if __name__ == "__main__":
    moto.server.DomainDispatcherApplication = OneAtATime
    moto.server.main()
