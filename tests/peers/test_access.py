"""Whether a session of a role may do what it asks: the sandbox, and ministack as a second opinion.

The verdict of each case is that of AWS's pages; the sandbox has to give it.
Ministack may give another one where `DISAGREEMENTS` says so, with the page that decides.
"""

import json
import unittest

import boto3
import botocore.config
from botocore.exceptions import ClientError

import server

BUCKET = "access-of-sessions"
ROLE = f"arn:aws:iam::{server.ACCOUNT}:role/worker"
SESSION = f"arn:aws:sts::{server.ACCOUNT}:assumed-role/worker/me"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"


def allow(actions, resources=OBJECTS, **more) -> dict:
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | more


def deny(actions, resources=OBJECTS, **more) -> dict:
    return allow(actions, resources, **more) | {"Effect": "Deny"}


def named(statement: dict, principal) -> dict:
    return statement | {"Principal": principal}


ALL = allow("s3:*", "*")
LIST = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", Condition={"StringLike": {"s3:prefix": "prod/*"}})

CASES = {
    # name: (identity, bucket policy, boundary, session policy, what is asked, whether it is allowed)
    "nothing allows": ([allow("ec2:*", "*")], [], [], [], "put", False),
    "the identity allows": ([allow("s3:PutObject")], [], [], [], "put", True),
    "the identity allows something else": ([allow("s3:GetObject")], [], [], [], "put", False),
    "a deny wins": ([ALL, deny("s3:PutObject")], [], [], [], "put", False),
    "actions are not case-sensitive": ([allow("S3:putobject")], [], [], [], "put", True),
    "resources are case-sensitive": ([allow("s3:PutObject", OBJECTS.replace("*", "PROD/*"))], [], [], [], "put", False),
    "all but some actions": ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [], [], [], "put", True),
    "all but these objects": ([{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECTS}], [], [], [], "put", False),
    "a list with the prefix": ([LIST], [], [], [], "list prod/", True),
    "a list with another prefix": ([LIST], [], [], [], "list test/", False),
    "a list without a prefix": ([LIST], [], [], [], "list", False),
    "a star under StringEquals is text": (
        [LIST | {"Condition": {"StringEquals": {"s3:prefix": "prod/*"}}}], [], [], [], "list prod/", False),
    "an absent key and a negated operator": (
        [ALL, deny("s3:PutObject", "*", Condition={"StringNotEquals": {"aws:PrincipalTag/team": "red"}})],
        [], [], [], "put", False),
    "an absent key that need not be there": (
        [allow("s3:*", "*", Condition={"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}})],
        [], [], [], "put", True),
    "a variable without a value": (
        [allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalTag/team}}/*")], [], [], [], "put", False),
    "the default of a variable": (
        [allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalTag/team, 'prod'}}/*")],
        [], [], [], "put", True),
    "the bucket alone, by the role": ([allow("ec2:*", "*")], [named(allow("s3:PutObject"), {"AWS": ROLE})], [], [], "put", True),
    "the bucket alone, by the session": ([allow("ec2:*", "*")], [named(allow("s3:PutObject"), {"AWS": SESSION})], [], [], "put", True),
    "the bucket alone, by the account": (
        [allow("ec2:*", "*")], [named(allow("s3:PutObject"), {"AWS": server.ACCOUNT})], [], [], "put", False),
    "the bucket denies": ([ALL], [named(deny("s3:PutObject"), {"AWS": ROLE})], [], [], "put", False),
    "the boundary does not allow": ([ALL], [], [allow("s3:GetObject", "*")], [], "put", False),
    "the boundary allows": ([ALL], [], [allow("s3:*", "*")], [], "put", True),
    "the session policy does not allow": ([ALL], [], [], [allow("s3:GetObject", "*")], "put", False),
    "the session policy allows": ([ALL], [], [], [allow("s3:PutObject", "*")], "put", True),
    "a session policy grants nothing": ([allow("ec2:*", "*")], [], [], [ALL], "put", False),
    "the bucket names the role, the session policy limits": (
        [ALL], [named(allow("s3:PutObject"), {"AWS": ROLE})], [], [allow("s3:GetObject", "*")], "put", False),
    "the bucket names the session, nothing limits": (
        [ALL], [named(allow("s3:PutObject"), {"AWS": SESSION})], [allow("s3:GetObject", "*")],
        [allow("s3:GetObject", "*")], "put", True),
}

DISAGREEMENTS = {
    # A variable without a value takes the default that stands behind it; here nothing matches.
    "the default of a variable": "IAM user guide, reference_policies_variables, Specifying default values",
}
"""Cases that ministack decides otherwise, each with the page that decides."""


class Access(unittest.TestCase):
    def test_the_sandbox_decides_as_the_pages_say(self) -> None:
        self.assertEqual(set(), self.wrong(server.Sandbox))

    def test_ministack_decides_as_the_pages_say_but_for_what_is_known(self) -> None:
        self.assertEqual(set(DISAGREEMENTS), self.wrong(MinistackWithAccess))

    def wrong(self, kind: type[server.Server]) -> set[str]:
        """The cases that a server decides otherwise."""
        running = kind()
        self.addCleanup(running.stop)
        stage = Stage(running.endpoint)
        return {name for name, case in CASES.items() if stage.decides(*case[:5]) != case[5]}


class MinistackWithAccess(server.Ministack):
    """Ministack that checks permissions; the account's root has the key of the other clients."""

    def settings(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": server.ACCOUNT, "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
        return super().settings() | {"AUTH": "true"} | keys


class Stage:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.iam, self.s3, self.sts = (self.client(service) for service in ("iam", "s3", "sts"))
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": server.REGION}
        )
        self.limit = f"arn:aws:iam::{server.ACCOUNT}:policy/limit"

    def client(self, service: str, keys: dict | None = None):
        keys = keys or {"AccessKeyId": server.ACCOUNT, "SecretAccessKey": "not-a-secret", "SessionToken": None}
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=server.REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    def decides(self, identity: list, bucket: list, boundary: list, session: list, what: str) -> bool:
        """Whether a session of a role with these policies may do that."""
        trust = {"Effect": "Allow", "Principal": {"AWS": server.ACCOUNT}, "Action": "sts:AssumeRole"}
        role = {"RoleName": "worker", "AssumeRolePolicyDocument": document([trust])}
        if boundary:
            self.iam.create_policy(PolicyName="limit", PolicyDocument=document(boundary))
            role["PermissionsBoundary"] = self.limit
        self.iam.create_role(**role)
        self.iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=document(identity))
        if bucket:
            self.s3.put_bucket_policy(Bucket=BUCKET, Policy=document(bucket))
        passed = {"Policy": document(session)} if session else {}
        keys = self.sts.assume_role(RoleArn=ROLE, RoleSessionName="me", **passed)["Credentials"]
        try:
            return self.asked(self.client("s3", keys), what)
        finally:
            self.iam.delete_role_policy(RoleName="worker", PolicyName="p")
            self.iam.delete_role(RoleName="worker")
            if boundary:
                self.iam.delete_policy(PolicyArn=self.limit)
            if bucket:
                self.s3.delete_bucket_policy(Bucket=BUCKET)

    def asked(self, s3, what: str) -> bool:
        try:
            if what == "put":
                s3.put_object(Bucket=BUCKET, Key="prod/a", Body=b"x")
            elif what == "list":
                s3.list_objects_v2(Bucket=BUCKET)
            else:
                s3.list_objects_v2(Bucket=BUCKET, Prefix=what.removeprefix("list "))
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
        return True


def document(statements: list) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
