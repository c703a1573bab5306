"""A real kube-apiserver with a real etcd, where `KUBEBUILDER_ASSETS` names the folder that holds them (the convention of envtest).

Nothing of it is downloaded: no registry of packages has it.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import programs

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")
SECONDS = 60

ISSUER = "https://issuer.example.com/real"


def is_there() -> bool:
    return bool(ASSETS)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class ApiServer:
    """Serves on loopback until it is stopped; its administrator's kubeconfig has one context, `real`."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wip-apiserver-"))
        self.processes: list[subprocess.Popen] = []
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        etcd, peer, secure = free_port(), free_port(), free_port()
        self.run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
        )
        key = self.folder / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True, timeout=SECONDS)
        tokens = self.folder / "tokens.csv"
        tokens.write_text("admin-token,admin,admin,system:masters\n")
        self.run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={secure}",
            f"--cert-dir={self.folder / 'certs'}",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
        )
        certificate = self.folder / "certs/apiserver.crt"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "real",
                    "cluster": {"server": f"https://127.0.0.1:{secure}", "certificate-authority": str(certificate)},
                }
            ],
            "users": [{"name": "admin", "user": {"token": "admin-token"}}],
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
            "current-context": "real",
        }
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(config))
        until = time.monotonic() + SECONDS
        while True:
            try:
                self.kubectl("get", "--raw", "/readyz")
                return
            except AssertionError:
                if time.monotonic() > until or any(it.poll() is not None for it in self.processes):
                    raise
                time.sleep(0.5)

    def run(self, name: str, *arguments: str) -> None:
        words = (self.folder / f"{name}.log").open("wb")
        program = pathlib.Path(ASSETS) / name
        self.processes.append(subprocess.Popen([program, *arguments], cwd=self.folder, stdout=words, stderr=words))

    def kubectl(self, *arguments: str, **more) -> str:
        return programs.run("kubectl", *arguments, environment={"KUBECONFIG": str(self.kubeconfig)}, **more)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
