"""The documents of a self-hosted issuer, on each server: read as everybody reads them, and used by a library for tokens that others wrote."""

import base64
import hashlib
import json
import unittest
import urllib.request

import yaml
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

import server
from space import ROOT, Space
from wip import Wip
from world import World, world

BUCKET = "acme-oidc"
DOCUMENTS = ("edge-1/.well-known/openid-configuration", "edge-1/keys.json")
KEYS = ROOT / "tests/access/keys"


def kid(pem: str) -> str:
    """As Kubernetes names a key: SHA-256 of its DER, base64url without padding."""
    der = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


class Issuer:
    """Subclasses name the server."""

    server: type[server.Server]

    def setUp(self) -> None:
        running = self.server()
        self.addCleanup(running.stop)
        self.world: World = world(running)
        text = (ROOT / "examples/eks-anywhere/space.yaml").read_text().replace("us-west-2", server.REGION)
        self.space = self.world.seed(Space(yaml.safe_load(text)))
        self.space.spec["guardrails"] = {"allowDestroy": True}
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        keys = {"sa.pub": ROOT / "examples/eks-anywhere/sa.pub", "next.pub": KEYS / "next.pub"}
        self.pem = {name: path.read_text() for name, path in keys.items()}
        for name, pem in self.pem.items():
            (self.wip.folder / name).write_text(pem)
        # As its owner opens it: policies for everybody, and no access control lists.
        acls = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
        rest = {"BlockPublicPolicy": False, "RestrictPublicBuckets": False}
        self.world.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=acls | rest)

    def read(self, key: str) -> dict:
        with urllib.request.urlopen(f"{self.world.server.endpoint}/{BUCKET}/{key}", timeout=30) as answer:
            self.assertEqual("application/json", answer.headers["content-type"])
            self.assertEqual("max-age=300", answer.headers["cache-control"])
            return json.load(answer)

    def publish(self, *names: str) -> list[dict]:
        [cluster] = self.space.spec["clusters"]
        cluster["selfHosted"]["signingKeys"] = list(names)
        self.wip.write(self.space)
        self.wip.run("apply", "--auto-approve")
        self.assertEqual([], self.wip.plan(status=0)["steps"])
        keys = self.read(DOCUMENTS[1])["keys"]
        self.assertEqual({kid(self.pem[name]) for name in names}, {key["kid"] for key in keys})
        return keys

    def takes(self, keys: list[dict], private: str) -> bool:
        key = RSAKey.import_key((KEYS / private).read_text())
        header = {"alg": "RS256", "kid": kid(key.as_pem(private=False).decode())}
        token = jwt.encode(header, {"sub": "system:serviceaccount:app:app"}, key, algorithms=["RS256"])
        try:
            jwt.decode(token, KeySet.import_key_set({"keys": keys}), algorithms=["RS256"])
        except (JoseError, ValueError):
            return False
        return True

    def test_issuer(self) -> None:
        first = self.publish("sa.pub")
        issuer = self.space.spec["clusters"][0]["selfHosted"]["issuer"]
        discovery = self.read(DOCUMENTS[0])
        self.assertEqual((issuer, f"{issuer}/keys.json"), (discovery["issuer"], discovery["jwks_uri"]))
        printed = self.wip.json("jwks")["clusters"]["edge-1"]
        self.assertEqual((discovery, {"keys": first}), (printed["discovery"], printed["keys"]))
        self.assertEqual((True, False), (self.takes(first, "edge-1.pem"), self.takes(first, "next.pem")))
        both = self.publish("sa.pub", "next.pub")
        self.assertEqual((True, True), (self.takes(both, "edge-1.pem"), self.takes(both, "next.pem")))
        last = self.publish("next.pub")
        self.assertEqual((False, True), (self.takes(last, "edge-1.pem"), self.takes(last, "next.pem")))
        self.a_change_by_somebody_is_taken_back()
        self.wip.run("destroy", "--auto-approve")
        for key in DOCUMENTS:
            with self.assertRaises(ClientError):
                self.world.s3.head_object(Bucket=BUCKET, Key=key)
        self.assertIsNone(self.world.bucket_policy(BUCKET))

    def a_change_by_somebody_is_taken_back(self) -> None:
        good = self.read(DOCUMENTS[1])
        head = self.world.s3.head_object(Bucket=BUCKET, Key=DOCUMENTS[1])
        stranger = RSAKey.generate_key(2048).as_dict(private=False) | {"kid": "stranger", "use": "sig"}
        changed = json.dumps({"keys": [*good["keys"], stranger]})
        self.world.s3.put_object(Bucket=BUCKET, Key=DOCUMENTS[1], Body=changed, Metadata=head["Metadata"])
        [step] = self.wip.plan(status=2)["steps"]
        self.assertIn("stranger", json.dumps(step["edits"]))
        self.wip.run("apply", "--auto-approve")
        self.assertEqual(good, self.read(DOCUMENTS[1]))


class MotoIssuer(Issuer, unittest.TestCase):
    """Behind another host: moto takes an unsigned request for a discovery document for one to Cognito."""

    server = server.Moto

    def setUp(self) -> None:
        super().setUp()
        self.space.spec["clusters"][0]["selfHosted"]["issuer"] = "https://issuer.example.com/edge-1"

    def read(self, key: str) -> dict:
        answer = self.world.s3.get_object(Bucket=BUCKET, Key=key)
        self.assertEqual(("application/json", "max-age=300"), (answer["ContentType"], answer["CacheControl"]))
        return json.load(answer["Body"])


class MinistackIssuer(Issuer, unittest.TestCase):
    server = server.Ministack


class SandboxIssuer(Issuer, unittest.TestCase):
    server = server.Sandbox
