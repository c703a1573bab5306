"""Running the `wip` binary as a user would: its own process, a folder, the environment's endpoints."""

import json
import pathlib
import shutil
import subprocess
import tempfile

import server
from space import Space
from world import World

SECONDS = 300


def run(folder: pathlib.Path, environment: dict, *arguments: str, status: int = 0) -> str:
    """Standard output; any other exit status than the expected one fails with all that was printed."""
    done = subprocess.run(
        [server.WIP, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode != status:
        raise AssertionError(
            f"wip {' '.join(arguments)}: exit {done.returncode}, expected {status}\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


def sandbox(folder: pathlib.Path, environment: dict | None, *files: str) -> dict:
    """What `wip sandbox` says before it waits; it waits no longer."""
    running = subprocess.Popen(
        [server.WIP, "sandbox", "--json", *files],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line.rstrip() == "}":
                break
        return json.loads("".join(lines))
    finally:
        running.terminate()
        running.wait(timeout=60)
        running.stdout.close()


class Wip:
    """One folder with a Space file and the state that wip keeps beside it."""

    def __init__(self, world: World) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wip-run-"))
        self.environment = world.environment | {"HOME": str(self.folder)}

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, space: Space) -> None:
        space.write(self.folder / "space.yaml")

    def run(self, *arguments: str, status: int = 0) -> str:
        return run(self.folder, self.environment, *arguments, status=status)

    def json(self, *arguments: str, status: int = 0) -> dict:
        return json.loads(self.run(*arguments, "--json", status=status))

    def plan(self, *arguments: str, status: int) -> dict:
        return self.json("plan", "--detailed-exitcode", *arguments, status=status)

    def lineage(self, space: Space) -> str:
        """The UUID of this folder's state, which is in the marks on all that wip made."""
        state = (self.folder / "state" / space.name / "state.yaml").read_text()
        [line] = [line for line in state.splitlines() if line.strip().startswith("lineage:")]
        return line.partition(":")[2].strip().strip("'\"")
