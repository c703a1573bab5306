"""An example in a sandbox of its own, whose cluster kubectl reaches, too."""

import os
import pathlib
import shutil
import tempfile

import yaml

import programs
import wip
from space import ROOT


class Run:
    """An example that was applied in a sandbox of its own, with a kubeconfig for its cluster."""

    def __init__(self, example: str) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wip-cluster-"))
        shutil.copytree(ROOT / "examples" / example, self.folder, dirs_exist_ok=True)
        self.space = yaml.safe_load((self.folder / "space.yaml").read_text())
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "WIP_SANDBOX_IDLE": "60"}
        self.wip("apply", "--auto-approve")
        self.variables = wip.sandbox(self.folder, self.environment, "space.yaml")["variables"]
        self.environment["KUBECONFIG"] = self.variables["KUBECONFIG"]

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def wip(self, *arguments: str, status: int = 0) -> str:
        return wip.run(self.folder, self.environment, *arguments, "--sandbox", status=status)

    def upgrade(self, values: pathlib.Path) -> None:
        self.wip("sandbox", "--helm-upgrade", str(values), "space.yaml")

    def kubectl(self, *arguments: str, **more) -> str:
        return programs.run("kubectl", *arguments, environment=self.environment, **more)

    @property
    def cluster(self) -> str:
        return self.space["spec"]["clusters"][0]["name"]
