"""`cargo xtask bench`: what a run costs, for the wip process alone, against the sandbox in another process.

Prints for each case the requests by service and operation, CPU seconds, peak memory and wall time of
a plan with nothing there, an apply, and a plan with nothing to do.
Fails where a no-op plan asks IAM more often than it may, where a plan needs more memory than it may, and
where a large Space costs more for each identity than a small one; other times are for the reader, for they depend
on the machine.
"""

import collections
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import server

BUCKET = "acme-bench"

PLANS = 5
"""How often a plan is measured."""

MOST_MB = 150
"""What a plan may take at its peak, whatever the Space."""

BASE, SMALL, LARGE = 3, 100, 5000
"""Identities: LARGE is held against SMALL, each less what BASE takes."""

MOST_RATIO = 1.5
"""How much more LARGE may cost for each identity."""


@dataclasses.dataclass
class Case:
    identities: int
    roles: int
    """In the account altogether, once wip's are there."""
    iam_requests: int
    """The most that a no-op plan may ask of IAM."""


def per_role(identities: int) -> int:
    return 3 + 4 * identities


CASES = [
    Case(BASE, 3, per_role(BASE)),
    Case(3, 3000, 16),
    Case(SMALL, 150, 10),
    Case(1000, 1000, per_role(1000)),
    Case(LARGE, 5000, per_role(LARGE)),
]


@dataclasses.dataclass
class Cost:
    requests: collections.Counter
    cpu: float
    peak: float
    wall: float

    def row(self, name: str) -> str:
        return (
            f"  {name:<14}{self.requests.total():>6} requests{self.cpu:>9.3f} CPU s"
            f"{self.peak:>8.1f} MB{self.wall:>9.3f} s"
        )

    def iam(self) -> int:
        return sum(count for name, count in self.requests.items() if name.startswith("iam:"))


HEAD = f"""\
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: bench }}
spec:
  clusters:
    - name: bench-1
      eks: {{ account: "{server.ACCOUNT}", region: {server.REGION}, cluster: bench-1 }}
  controlPlanes: []
  identities:
"""

IDENTITY = """\
    id-{n:04}:
      method: irsa
      workloads: [ {{ namespace: team-{n:04}, serviceAccount: app }} ]
      access: [ {{ s3: {{ bucket: {bucket}, region: {region}, prefix: team-{n:04}/, allow: [read, list] }} }} ]
"""


def space(identities: int) -> str:
    """A Space file of that many custom identities, each a role of its own."""
    each = [IDENTITY.format(n=n, bucket=BUCKET, region=server.REGION) for n in range(identities)]
    return HEAD + "".join(each)


def watch(pid: int) -> tuple[float, int, object]:
    """Waits for a child; its peak memory in MB, its exit status, and what wait4 says it used.

    Not `ru_maxrss`: Linux counts in it what this Python held when it started the child.
    """
    peak = 0
    while True:
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
        except (FileNotFoundError, ProcessLookupError):
            pass
        done, ended, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return peak / 1024, ended, usage
        time.sleep(0.001)


class Bench:
    def __init__(self, sandbox: server.Sandbox, folder: pathlib.Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.environment = server.client_environment(sandbox.endpoint, folder)

    def ask(self, method: str, path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.sandbox.endpoint}/_sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read().decode()

    def seed(self, foreign: int) -> None:
        place = {"account": server.ACCOUNT, "region": server.REGION}
        self.ask(
            "POST",
            "seed",
            {
                "clusters": [place | {"name": "bench-1"}],
                "buckets": [place | {"name": BUCKET}],
                "roles": [{"account": server.ACCOUNT, "name": f"foreign-{n:04}"} for n in range(foreign)],
                "quotas": {"roles": 10_000},
            },
        )

    def plan(self, status: int) -> Cost:
        """Several plans, which ask for the same: the least time, because others on the machine only ever add, and the
        most memory."""
        costs = [self.cost("plan", "--detailed-exitcode", status=status) for _ in range(PLANS)]
        return dataclasses.replace(
            costs[-1],
            cpu=min(cost.cpu for cost in costs),
            peak=max(cost.peak for cost in costs),
            wall=min(cost.wall for cost in costs),
        )

    def cost(self, *arguments: str, status: int) -> Cost:
        """Runs wip to its end and measures this process alone."""
        self.ask("DELETE", "log")
        with (self.folder / "out.txt").open("wb") as out:
            start = time.monotonic()
            process = subprocess.Popen(
                [server.WIP, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            peak, ended, usage = watch(process.pid)
            wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != status:
            tail = (self.folder / "out.txt").read_text(errors="replace")[-3000:]
            raise SystemExit(f"wip {' '.join(arguments)}: exit {process.returncode}, expected {status}\n{tail}")
        calls = map(json.loads, self.ask("GET", "log").splitlines())
        requests = collections.Counter(f"{call['service']}:{call['operation']}" for call in calls)
        return Cost(requests, usage.ru_utime + usage.ru_stime, peak, wall)


def run(case: Case) -> tuple[dict[str, Cost], bool]:
    """Measures and prints one case; whether the no-op plan keeps to its requests, and both plans to their memory."""
    sandbox = server.Sandbox()
    try:
        with tempfile.TemporaryDirectory(prefix="wip-bench-") as name:
            folder = pathlib.Path(name)
            bench = Bench(sandbox, folder)
            bench.seed(case.roles - case.identities)
            (folder / "space.yaml").write_text(space(case.identities))
            costs = {
                "plan, nothing": bench.plan(status=2),
                "apply": bench.cost("apply", "--auto-approve", status=0),
                "plan, no-op": bench.plan(status=0),
            }
    finally:
        sandbox.stop()
    print(f"\n{case.identities} identities, {case.roles} roles in the account")
    for name, cost in costs.items():
        print(cost.row(name))
        for call, count in sorted(cost.requests.items()):
            print(f"      {count:>6} {call}")
    asked = costs["plan, no-op"].iam()
    kept = asked <= case.iam_requests
    print(f"  IAM requests of the no-op plan: {asked}, at most {case.iam_requests}: {verdict(kept)}")
    peak = max(cost.peak for name, cost in costs.items() if name.startswith("plan"))
    small = peak <= MOST_MB
    print(f"  peak memory of a plan: {peak:.1f} MB, at most {MOST_MB}: {verdict(small)}")
    return costs, kept and small


def verdict(kept: bool) -> str:
    return "kept" if kept else "EXCEEDED"


def compare(costs: dict[int, dict[str, Cost]]) -> bool:
    """Prints what an identity more costs a plan of the large Space, against one of the small; whether that is alike."""
    print(f"\nfor each identity, above the plan of {BASE} identities: {LARGE} identities against {SMALL}")
    alike = True
    for step in ("plan, nothing", "plan, no-op"):
        base = costs[BASE][step]
        for what, unit, scale, of in (
            ("CPU", "ms", 1000, lambda cost: cost.cpu),
            ("memory", "KB", 1024, lambda cost: cost.peak),
        ):
            small, large = (
                (of(costs[count][step]) - of(base)) / (count - BASE) * scale for count in (SMALL, LARGE)
            )
            kept = large <= small * MOST_RATIO
            alike = alike and kept
            print(
                f"  {step:<14}{what:<7}{large:>8.3f} {unit} against{small:>8.3f} {unit}: "
                f"{large / small:.2f} times as much, at most {MOST_RATIO}: {verdict(kept)}"
            )
    return alike


def main() -> int:
    results = [(case, *run(case)) for case in CASES]
    # The base is the case without foreign roles.
    costs = {case.identities: costs for case, costs, _ in reversed(results)}
    alike = compare(costs)
    return 0 if alike and all(kept for _, _, kept in results) else 1


if __name__ == "__main__":
    sys.exit(main())
