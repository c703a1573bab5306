"""What the cloud holds before and after a run, through boto3 and the `aws` command.

Owns seeding what a Space file takes for granted, and reading a whole account for comparison.
"""

import json
import pathlib
import subprocess
import urllib.request

import boto3
import botocore.config
from botocore.exceptions import ClientError

import server
from space import Space

VOLATILE = {"RoleId", "PolicyId", "CreateDate", "UpdateDate", "RoleLastUsed", "ResponseMetadata"}
"""Ids and dates: another on every server, and no part of what wip makes."""


class World:
    def __init__(self, running: server.Server) -> None:
        self.server = running
        self.environment = server.client_environment(running.endpoint, running.folder)
        self.iam = self.client("iam")
        self.s3 = self.client("s3")
        self.kms = self.client("kms")
        self.eks = self.client("eks")

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=server.REGION,
            aws_access_key_id=server.ACCOUNT,
            aws_secret_access_key="not-a-secret",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    def aws(self, *arguments: str) -> dict:
        """What the official command line answers."""
        done = subprocess.run(
            [str(server.VENV_BIN / "aws"), "--output", "json", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise AssertionError(f"aws {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout or "{}")

    # Before the run.

    def seed(self, space: Space) -> Space:
        """Makes the clusters, buckets and keys of the file; returns the file with the keys that were made."""
        made = space.copy()
        for cluster in made.eks_clusters():
            self.eks.create_cluster(
                name=cluster["cluster"],
                roleArn=f"arn:aws:iam::{server.ACCOUNT}:role/eks-cluster",
                resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
            )
            issuer = self.issuer(cluster["cluster"])
            if not issuer.startswith("https://"):
                # An issuer of this server's own, over plain http, which no OIDC provider may have.
                cluster["issuer"] = f"https://oidc.eks.{cluster['region']}.amazonaws.com/id/{issuer.rsplit('/', 1)[1]}"
        for bucket, entry in made.buckets().items():
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": entry["region"]}
            )
        for arn in made.keys():
            key = self.kms.create_key(Description="for the backups")["KeyMetadata"]["Arn"]
            made.replace_text(arn, key)
        return made

    def issuer(self, cluster: str) -> str:
        return self.eks.describe_cluster(name=cluster)["cluster"]["identity"]["oidc"]["issuer"]

    # After it.

    def roles(self) -> dict[str, dict]:
        """Every role whole: trust, tags, inline policies, attachments; without ids and dates."""
        return {role["RoleName"]: self.role(role["RoleName"]) for role in self.iam.list_roles()["Roles"]}

    def role(self, name: str) -> dict:
        inline = self.iam.list_role_policies(RoleName=name)["PolicyNames"]
        attached = self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        return settled(self.iam.get_role(RoleName=name)["Role"]) | {
            "Policies": {
                policy: self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                for policy in sorted(inline)
            },
            "Attached": sorted(policy["PolicyArn"] for policy in attached),
        }

    def snapshot(self, space: Space) -> dict:
        """Everything in the account that wip could have touched."""
        providers = self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        return {
            "roles": self.roles(),
            "providers": {
                provider["Arn"]: settled(
                    self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
                )
                for provider in providers
            },
            "managed": self.managed_policies(),
            "buckets": {bucket: self.bucket_policy(bucket) for bucket in space.buckets()},
            "keys": {
                arn: json.loads(self.kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
                for arn in space.keys()
            },
        }

    def managed_policies(self) -> list[str]:
        pages = self.iam.get_paginator("get_account_authorization_details").paginate(Filter=["LocalManagedPolicy"])
        return sorted(policy["Arn"] for page in pages for policy in page["Policies"])

    def bucket_policy(self, bucket: str) -> dict | None:
        try:
            return json.loads(self.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
                return None
            raise


class SandboxWorld(World):
    """The sandbox has no call that makes a cluster: what is taken for granted goes in by its own door."""

    def seed(self, space: Space) -> Space:
        self.post_seed(space, {})
        return space.copy()

    def post_seed(self, space: Space, issuers: dict[str, str]) -> None:
        """`issuers`: cluster name → issuer, where it must be that of another server."""
        seed = {
            "clusters": [
                {
                    "account": cluster["account"],
                    "region": cluster["region"],
                    "name": cluster["cluster"],
                    **({"issuer": issuers[cluster["cluster"]]} if cluster["cluster"] in issuers else {}),
                }
                for cluster in space.eks_clusters()
            ],
            "buckets": [
                {"account": entry.get("account", server.ACCOUNT), "region": entry["region"], "name": bucket}
                for bucket, entry in space.buckets().items()
            ],
            "keys": [{"arn": arn} for arn in space.keys()],
        }
        request = urllib.request.Request(
            f"{self.server.endpoint}/_sandbox/seed",
            data=json.dumps(seed).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=30).close()


def settled(value):
    """The value without ids and dates, tags in order."""
    if isinstance(value, dict):
        return {
            key: sorted(inner, key=lambda tag: tag["Key"]) if key == "Tags" else settled(inner)
            for key, inner in value.items()
            if key not in VOLATILE
        }
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    return value


def world(running: server.Server) -> World:
    return SandboxWorld(running) if isinstance(running, server.Sandbox) else World(running)
