"""What the workloads of `examples/eks-irsa` may do with a token of their cluster: the sandbox, and ministack as a second opinion.

The verdict of each case is that of AWS's pages and of what the components need; the sandbox has to give it.
Ministack may give another one where `DISAGREEMENTS` says so, with the page that decides.
All cases, with their sources, are in `tests/access`.
"""

import base64
import json
import time
import unittest
import urllib.request

import boto3
import botocore.config
from botocore import UNSIGNED
from botocore.exceptions import ClientError

import server
from space import SERVICE_ACCOUNTS, Space
from test_access import MinistackWithAccess, document
from wip import Wip
from world import World, world

DOORS = {
    # name: (what the token has instead, whether it gets a session)
    "its own token": ({}, True),
    "another namespace": ({"namespace": "default"}, False),
    "a namespace that begins the same": ({"namespace": "team-a-ctp22"}, False),
    "another service account": ({"serviceAccount": "default"}, False),
    "another issuer": ({"claims": {"iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/0"}}, False),
    "another audience": ({"audience": "vault"}, False),
    "an expired token": ({"expiresIn": -3600}, False),
    "an unsigned token": ({"signed": "nobody"}, False),
    "a stranger's signature": ({"signed": "stranger"}, False),
}

DEEDS = {
    # identity: service, operation, its parameters, whether it is done
    "backup": [
        ("s3", "put_object", {"Bucket": "acme-backups", "Key": "prod-eu/a"}, True),
        ("s3", "get_object", {"Bucket": "acme-backups", "Key": "prod-eu/a"}, True),
        ("s3", "list_objects_v2", {"Bucket": "acme-backups", "Prefix": "prod-eu/"}, True),
        ("s3", "delete_object", {"Bucket": "acme-backups", "Key": "prod-eu/a"}, True),
        ("s3", "create_multipart_upload", {"Bucket": "acme-backups", "Key": "prod-eu/b"}, True),
        ("s3", "put_object", {"Bucket": "acme-backups", "Key": "prod-eu2/a"}, False),
        ("s3", "list_objects_v2", {"Bucket": "acme-backups"}, False),
        ("s3", "put_object", {"Bucket": "acme-billing", "Key": "prod-eu/a"}, False),
        ("s3", "delete_bucket", {"Bucket": "acme-backups"}, False),
        ("iam", "list_roles", {}, False),
        ("secretsmanager", "get_secret_value", {"SecretId": "prod/db"}, False),
    ],
    "billing": [
        ("s3", "put_object", {"Bucket": "acme-billing", "Key": "a"}, True),
        ("s3", "head_bucket", {"Bucket": "acme-billing"}, True),
        ("s3", "get_object", {"Bucket": "acme-billing", "Key": "a"}, False),
        ("s3", "delete_object", {"Bucket": "acme-billing", "Key": "a"}, False),
        ("s3", "head_bucket", {"Bucket": "acme-backups"}, False),
    ],
    "sharedSecrets": [
        ("secretsmanager", "get_secret_value", {"SecretId": "prod/db"}, True),
        ("secretsmanager", "describe_secret", {"SecretId": "prod/db"}, True),
        ("ssm", "get_parameter", {"Name": "/prod/db"}, True),
        ("secretsmanager", "get_secret_value", {"SecretId": "prod-else/db"}, False),
        ("secretsmanager", "put_secret_value", {"SecretId": "prod/db", "SecretString": "y"}, False),
        ("secretsmanager", "list_secrets", {}, False),
        ("ssm", "get_parameter", {"Name": "/prod-else/db"}, False),
        ("s3", "list_objects_v2", {"Bucket": "acme-backups", "Prefix": "prod-eu/"}, False),
    ],
}

# Ministack reads the claims of a token, and neither looks at its signature nor at when it ends.
UNCHECKED = {
    "an expired token": "AssumeRoleWithWebIdentity of the STS API reference, ExpiredTokenException",
    "an unsigned token": "AssumeRoleWithWebIdentity of the STS API reference, InvalidIdentityToken",
    "a stranger's signature": "AssumeRoleWithWebIdentity of the STS API reference, InvalidIdentityToken",
}

DISAGREEMENTS = {f"{identity}: {door}": page for identity in DEEDS for door, page in UNCHECKED.items()}
"""Cases that ministack decides otherwise, each with the page that decides."""

REFUSALS = {"AccessDenied", "AccessDeniedException", "403", "InvalidIdentityToken", "ExpiredTokenException"}


class Irsa(unittest.TestCase):
    def test_the_sandbox_decides_as_the_pages_say(self) -> None:
        self.assertEqual(set(), self.wrong(server.Sandbox))

    def test_ministack_decides_as_the_pages_say_but_for_what_is_known(self) -> None:
        self.assertEqual(set(DISAGREEMENTS), self.wrong(MinistackWithAccess))

    def wrong(self, kind: type[server.Server]) -> set[str]:
        """The cases that a server decides otherwise."""
        running = kind()
        self.addCleanup(running.stop)
        there = world(running)
        # Ministack gives a cluster no role that is not there.
        trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        there.iam.create_role(RoleName="eks-cluster", AssumeRolePolicyDocument=document([trust]))
        space = there.seed(Space.example("eks-irsa"))
        wip = Wip(there)
        self.addCleanup(wip.close)
        wip.write(space)
        wip.run("apply", "--auto-approve")
        for name in ("prod/db", "prod-else/db"):
            there.client("secretsmanager").create_secret(Name=name, SecretString="x")
            there.client("ssm").put_parameter(Name=f"/{name}", Value="x", Type="String")
        wrong = set()
        for identity, deeds in DEEDS.items():
            pod = Pod(there, space, identity)
            for name, (changes, gets) in DOORS.items():
                if (pod.session(changes) is not None) != gets:
                    wrong.add(f"{identity}: {name}")
            keys = pod.session({})
            for service, operation, parameters, does in deeds:
                if pod.does(keys, service, operation, parameters) != does:
                    wrong.add(f"{identity}: {operation} {' '.join(parameters.values())}")
        return wrong


class Pod:
    """A pod of an identity, in the last control plane of the file."""

    def __init__(self, there: World, space: Space, identity: str) -> None:
        self.world = there
        self.issuer = space.eks_clusters()[0].get("issuer") or there.issuer(space.eks_clusters()[0]["cluster"])
        self.role = f"arn:aws:iam::{server.ACCOUNT}:role/{space.role_name(identity)}"
        self.wish = {
            "issuer": self.issuer,
            "namespace": space.namespaces()[-1],
            "serviceAccount": SERVICE_ACCOUNTS[identity],
            # A text, as ministack wants it; Kubernetes writes a list.
            "audience": "sts.amazonaws.com",
        }

    def session(self, changes: dict) -> dict | None:
        """The credentials that a token of the pod gets, but for these changes of the token."""
        sts = self.client("sts", signature_version=UNSIGNED)
        token = self.token(self.wish | changes)
        asked = {"RoleArn": self.role, "RoleSessionName": "pod", "WebIdentityToken": token}
        return attempt(lambda: sts.assume_role_with_web_identity(**asked)["Credentials"])

    def token(self, wish: dict) -> str:
        if isinstance(self.world.server, server.Sandbox):
            url = f"{self.world.server.endpoint}/_sandbox/token"
            with urllib.request.urlopen(url, json.dumps(wish).encode(), timeout=30) as answer:
                return json.load(answer)["token"]
        # Nobody signs for ministack's issuers, and it looks at no signature.
        claims = {
            "iss": wish["issuer"],
            "sub": f"system:serviceaccount:{wish['namespace']}:{wish['serviceAccount']}",
            "aud": wish["audience"],
            "exp": int(time.time()) + wish.get("expiresIn", 3600),
        } | wish.get("claims", {})
        header = {"alg": "none" if wish.get("signed") == "nobody" else "RS256", "kid": "1"}
        parts = [json.dumps(part).encode() for part in (header, claims)] + [b"signature"]
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def does(self, keys: dict, service: str, operation: str, parameters: dict) -> bool:
        client = self.client(service, keys)
        return attempt(lambda: getattr(client, operation)(**parameters)) is not None

    def client(self, service: str, keys: dict | None = None, **config):
        keys = keys or {}
        return boto3.client(
            service,
            endpoint_url=self.world.server.endpoint,
            region_name=server.REGION,
            aws_access_key_id=keys.get("AccessKeyId"),
            aws_secret_access_key=keys.get("SecretAccessKey"),
            aws_session_token=keys.get("SessionToken"),
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30, **config),
        )


def attempt(call):
    """What a call answers; nothing where it is refused for want of a permission."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSALS:
            raise
        return None
