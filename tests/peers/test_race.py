"""Sixteen writers at once on each kind of bucket, on servers that others wrote.

Owns making the bucket, with that provider's own protocol, and running the writers.
What they prove is counted by the writers themselves (`crates/wip-remote/examples/race.rs`); the line that they end
with is printed, so that a report names which server proved what.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import sys
import unittest
import urllib.request

import server
from world import World

BUCKET = "wip-race"

SECONDS = 300

# The account and the key that every azurite has, as its documentation gives them.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Race:
    """Subclasses name the server and make the bucket."""

    server: type[server.Server]
    url = ""

    def setUp(self) -> None:
        self.running = self.server()
        self.addCleanup(self.running.stop)

    def race(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [server.RACE, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.running.folder)} | self.environment(),
            cwd=self.running.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def test_race(self) -> None:
        missing = self.race(self.url, self.running.name, "1")
        self.assertEqual(1, missing.returncode, missing.stdout)
        self.assertIn(self.no_bucket, missing.stderr)
        self.make_bucket()
        done = self.race(f"{self.url}/a/b", self.running.name)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(f"{self.running.name}: 16 writers at once, 200 rounds each", done.stdout)
        self.assertIn("serial 400 = 400 wins = 400 updates, none lost", done.stdout)
        print(f"\n{done.stdout.strip()}", file=sys.stderr)

    no_bucket = "there is no such bucket"


class S3(Race):
    url = f"s3://{BUCKET}"

    def environment(self) -> dict[str, str]:
        return server.client_environment(self.running.endpoint, self.running.folder)

    def make_bucket(self) -> None:
        World(self.running).s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": server.REGION}
        )


class MotoRace(S3, unittest.TestCase):
    server = server.Moto


class MinistackRace(S3, unittest.TestCase):
    server = server.Ministack


class AzuriteRace(Race, unittest.TestCase):
    server = server.Azurite
    url = f"azblob://{AZURITE_ACCOUNT}/{BUCKET}"
    no_bucket = "there is no such container"

    def environment(self) -> dict[str, str]:
        return {"AZURITE_BLOB_STORAGE_URL": self.running.endpoint}

    def make_bucket(self) -> None:
        """Signs with the account's key ("Authorize with Shared Key"), as no client is installed that could."""
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": date, "x-ms-version": "2021-12-02"}
        path = f"/{AZURITE_ACCOUNT}/{BUCKET}"
        standard = "PUT" + "\n" * 12
        ours = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        # The account stands twice: in front of every path, and in this server's paths besides.
        signed = f"{standard}{ours}/{AZURITE_ACCOUNT}{path}\nrestype:container"
        key = base64.b64decode(AZURITE_KEY)
        signature = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
        headers["Authorization"] = f"SharedKey {AZURITE_ACCOUNT}:{signature}"
        url = f"{self.running.endpoint}{path}?restype=container"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers), timeout=30).close()


class FakeGcsServerRace(Race, unittest.TestCase):
    server = server.FakeGcsServer
    url = f"gs://{BUCKET}"

    def environment(self) -> dict[str, str]:
        return {"STORAGE_EMULATOR_HOST": self.running.endpoint}

    def make_bucket(self) -> None:
        request = urllib.request.Request(
            f"{self.running.endpoint}/storage/v1/b?project=race",
            data=json.dumps({"name": BUCKET}).encode(),
            headers={"content-type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()
