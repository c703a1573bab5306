"""The published JSON Schemas, checked with a validator that others wrote."""

import json
import subprocess
import unittest

import jsonschema
import yaml

import server
from space import ROOT, Space
from wip import Wip
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
                self.assertTrue(document["accounts"])
