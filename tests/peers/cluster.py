"""An example in a sandbox of its own, whose cluster kubectl reaches, too."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import yaml

import programs
import server
from space import ROOT


class Run:
    """An example that was applied in a sandbox of its own, with a kubeconfig for its cluster."""

    def __init__(self, example: str) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wip-cluster-"))
        shutil.copytree(ROOT / "examples" / example, self.folder, dirs_exist_ok=True)
        self.space = yaml.safe_load((self.folder / "space.yaml").read_text())
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "WIP_SANDBOX_IDLE": "60"}
        self.wip("apply", "--auto-approve")
        with subprocess.Popen(
            [server.WIP, "sandbox", "--json", "space.yaml"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as shown:
            variables, _ = json.JSONDecoder().raw_decode(shown.stdout.read(1) + self.rest(shown))
            shown.terminate()
        self.variables = variables["variables"]
        self.environment["KUBECONFIG"] = self.variables["KUBECONFIG"]

    @staticmethod
    def rest(shown: subprocess.Popen) -> str:
        """The one document, which ends with a line that is a brace; the command itself goes on."""
        lines = []
        for line in shown.stdout:
            lines.append(line)
            if line.rstrip("\n") == "}":
                break
        return "".join(lines)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def wip(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [server.WIP, *arguments, "--sandbox"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode != status:
            raise AssertionError(f"wip {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def upgrade(self, values: pathlib.Path) -> None:
        self.wip("sandbox", "--helm-upgrade", str(values), "space.yaml")

    def kubectl(self, *arguments: str, **more) -> str:
        return programs.run("kubectl", *arguments, environment=self.environment, **more)

    @property
    def cluster(self) -> str:
        return self.space["spec"]["clusters"][0]["name"]
