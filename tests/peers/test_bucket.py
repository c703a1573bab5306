"""A bucket that wip makes, the same on each server: made, drifted, shared with others' tags, let go, and deleted.

What is there is read with boto3.
"""

import unittest

from botocore.exceptions import ClientError

import server
from space import Space
from wip import Wip
from world import world

BUCKET = "acme-made"
ADDRESS = f"aws/s3-bucket:prod-eu/{BUCKET}"
ALL_BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


class Story:
    """Subclasses name the server."""

    server: type[server.Server]
    tells_versioning = True
    """Whether the answer about versioning has the root element that S3's model names; the Rust SDK takes no other."""

    def setUp(self) -> None:
        running = self.server()
        self.addCleanup(running.stop)
        self.world = world(running)
        self.s3 = self.world.s3
        self.space = self.world.seed(Space.example("eks-irsa"))
        self.space.spec["guardrails"] = {"allowDestroy": True}
        self.entry = {
            "bucket": BUCKET,
            "region": server.REGION,
            "account": server.ACCOUNT,
            "create": True,
            "encryption": "sseS3",
            "blockPublicAccess": "all",
            "denyInsecureTransport": True,
        }
        if self.tells_versioning:
            self.entry["versioning"] = True
        self.space.spec["buckets"] = [{"s3": self.entry}]
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        self.wip.write(self.space)

    def test_bucket(self) -> None:
        self.assertFalse(self.is_there())
        self.wip.run("apply", "--auto-approve")
        self.it_is_as_the_file_says()
        self.assertIn("aws:SecureTransport", self.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        self.assertEqual("prod-eu", self.tags()["wip-space"])
        self.drift_is_shown_and_taken_out()
        self.a_bucket_that_is_kept_loses_our_tags_only()
        self.a_bucket_is_deleted_where_the_file_says_so()

    def is_there(self) -> bool:
        return BUCKET in [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    def tags(self) -> dict[str, str]:
        try:
            found = self.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
        except ClientError as error:
            self.assertEqual("NoSuchTagSet", error.response["Error"]["Code"])
            return {}
        return {tag["Key"]: tag["Value"] for tag in found}

    def it_is_as_the_file_says(self) -> None:
        self.versions_are_kept()
        blocked = self.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
        self.assertEqual(ALL_BLOCKED, blocked)
        [rule] = self.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual("AES256", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])
        self.assertEqual([], self.wip.plan(status=0)["steps"])
        self.wip.run("verify")

    def versions_are_kept(self) -> None:
        if self.tells_versioning:
            self.assertEqual("Enabled", self.s3.get_bucket_versioning(Bucket=BUCKET)["Status"])

    def drift_is_shown_and_taken_out(self) -> None:
        if self.tells_versioning:
            self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        opened = ALL_BLOCKED | {"RestrictPublicBuckets": False}
        self.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=opened)
        tags = self.tags() | {"owner": "them"}
        tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tag_set})
        [step] = self.wip.plan(status=2)["steps"]
        self.assertEqual((ADDRESS, {"drifted"}), (step["address"], {edit["why"] for edit in step["edits"]}))
        self.wip.run("apply", "--auto-approve")
        self.it_is_as_the_file_says()
        self.assertEqual(tags, self.tags())

    def a_bucket_that_is_kept_loses_our_tags_only(self) -> None:
        self.wip.run("destroy", "--auto-approve")
        self.versions_are_kept()
        self.assertEqual([], [key for key in self.tags() if key.startswith("wip-")])
        self.assertEqual("them", self.tags()["owner"])
        self.s3.delete_bucket(Bucket=BUCKET)

    def a_bucket_is_deleted_where_the_file_says_so(self) -> None:
        self.entry["onDestroy"] = "delete"
        # Plain http: to moto the Deny is one whatever its condition says.
        del self.entry["denyInsecureTransport"]
        self.wip.write(self.space)
        self.wip.run("apply", "--auto-approve")
        self.s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
        [blocked] = self.wip.plan("--destroy", status=4)["blocked"]
        self.assertEqual(ADDRESS, blocked["address"])
        self.assertIn("not empty", blocked["reason"])
        for version in self.s3.list_object_versions(Bucket=BUCKET)["Versions"]:
            self.s3.delete_object(Bucket=BUCKET, Key="k", VersionId=version["VersionId"])
        self.wip.run("destroy", "--auto-approve")
        self.assertFalse(self.is_there())


class MotoBucket(Story, unittest.TestCase):
    server = server.Moto
    tells_versioning = False


class MinistackBucket(Story, unittest.TestCase):
    server = server.Ministack


class SandboxBucket(Story, unittest.TestCase):
    server = server.Sandbox
