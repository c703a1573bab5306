"""The published JSON Schemas, checked with a validator that others wrote."""

import json
import subprocess
import unittest

import jsonschema
import yaml

import server
from cluster import Run
from space import ROOT, Space
from wip import Wip, sandbox
from world import world


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "docs" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class Schemas(unittest.TestCase):
    def test_every_example_is_valid(self) -> None:
        examples = sorted((ROOT / "examples").glob("*/space.yaml"))
        self.assertTrue(examples)
        schema = validator("space.schema.json")
        for example in examples:
            with self.subTest(example.parent.name):
                schema.validate(yaml.safe_load(example.read_text()))

    def test_the_schema_refuses_what_wip_refuses(self) -> None:
        document = Space.example("eks-irsa").document
        schema = validator("space.schema.json")
        for name, spoil in {
            "unknown field": lambda d: d["spec"].update(clustres=[]),
            "missing name": lambda d: d["metadata"].pop("name"),
            "account as a number": lambda d: d["spec"]["clusters"][0]["eks"].update(account=111122223333),
            "wrong type": lambda d: d["spec"].update(identities=[]),
        }.items():
            with self.subTest(name):
                spoiled = json.loads(json.dumps(document))
                spoil(spoiled)
                self.assertFalse(schema.is_valid(spoiled))

    def test_what_json_prints_is_valid(self) -> None:
        running = server.Sandbox()
        self.addCleanup(running.stop)
        there = world(running)
        space = there.seed(Space.example("eks-irsa"))
        wip = Wip(there)
        self.addCleanup(wip.close)
        wip.write(space)
        schema = validator("plan.schema.json")
        schema.validate(wip.plan(status=2))
        wip.run("apply", "--auto-approve")
        schema.validate(wip.plan(status=0))
        space.add_control_plane("late")
        wip.write(space)
        schema.validate(wip.plan(status=2))

    def test_every_command_prints_a_document_with_a_schema(self) -> None:
        running = server.Sandbox()
        self.addCleanup(running.stop)
        there = world(running)
        space = there.seed(Space.example("eks-irsa"))
        wip = Wip(there)
        self.addCleanup(wip.close)
        wip.write(space)
        schemas = {
            schema.schema["properties"]["format"]["const"]: schema
            for schema in map(validator, sorted(path.name for path in (ROOT / "docs").glob("*.schema.json")))
            if "format" in schema.schema["properties"]
        }
        role = f"aws/iam-role:{space.name}/backup"
        commands = [
            (["apply", "--auto-approve"], 0),
            (["validate"], 0),
            (["output"], 0),
            (["explain", "WIP0107"], 0),
            (["plan", "--show-config"], 0),
            (["state", "list"], 0),
            (["state", "show", role], 0),
            (["state", "mv", role, f"{role}-2"], 0),
            (["state", "mv", f"{role}-2", role], 0),
            (["state", "push", "--state", "pushed"], 0),
            (["state", "pull", "--state", "pushed"], 0),
            (["paln"], 1),
            (["plan", "--target", "nothing"], 1),
            (["plan", "--detailed"], 1),
            (["state", "unlock", "nobody"], 1),
            (["permissions"], 0),
            (["jwks", "-f", str(ROOT / "examples/eks-anywhere/space.yaml")], 0),
            (["verify"], 0),
        ]
        printed = [wip.json(*arguments, status=status) for arguments, status in commands]
        lock = wip.folder / "state" / space.name / ".wip-lock"
        holder = {"id": "abc", "command": "apply", "host": "elsewhere", "pid": 1, "since": "2026-01-01T00:00:00Z"}
        lock.write_text(json.dumps(holder))
        printed.append(wip.json("state", "unlock", "abc"))
        wip.run("state", "forget", role)
        (wip.folder / "state").rename(wip.folder / "lost")
        printed.append(wip.json("state", "rebuild"))
        printed.append(sandbox(wip.folder, None))
        printed += self.on_a_cluster()
        for document in printed:
            with self.subTest(document["format"]):
                schemas[document["format"]].validate(document)
        self.assertEqual({document["format"] for document in printed}, set(schemas))

    def on_a_cluster(self) -> list[dict]:
        """What the commands say that look at a cluster: before its release is upgraded, and after."""
        run = Run("eks-irsa")
        self.addCleanup(run.close)
        context = ["--json", "--context", run.cluster]

        def say(*arguments: str, status: int = 0) -> dict:
            return json.loads(run.wip(*arguments, *context, status=status))

        printed = [say("discover"), say("verify", status=2), say("restart")]
        run.wip("helm-values", "--out", "values.yaml")
        run.upgrade(run.folder / "values.yaml")
        printed += [say("restart", "--run"), say("verify")]
        [plane, *_] = printed[0]["controlPlanes"]
        host = plane["hostNamespace"]
        return [*printed, say("verify", "--token", f"{host}/mxp-controller")]

    def test_permissions(self) -> None:
        """`wip permissions --json` of every example: nothing but the file is asked."""
        schema = validator("permissions.schema.json")
        for example in sorted((ROOT / "examples").glob("*/space.yaml")):
            with self.subTest(example.parent.name):
                printed = subprocess.run(
                    [server.WIP, "permissions", "--json", str(example)], capture_output=True, check=True, timeout=60
                )
                document = json.loads(printed.stdout)
                schema.validate(document)
                self.assertTrue(any(document.get(places) for places in ("accounts", "subscriptions", "projects")))

    def test_jwks(self) -> None:
        example = ROOT / "examples/eks-anywhere/space.yaml"
        arguments = [server.WIP, "jwks", "--json", "-f", str(example)]
        printed = subprocess.run(arguments, capture_output=True, check=True, timeout=60)
        document = json.loads(printed.stdout)
        validator("jwks.schema.json").validate(document)
        self.assertEqual({"edge-1"}, set(document["clusters"]))
