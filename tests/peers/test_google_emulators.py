"""The main job on GKE where servers that others wrote have their part: buckets, service accounts, and the policies of buckets and projects.

What none of them has is the sandbox's.
"""

import unittest

from googleapiclient.errors import HttpError

import server
from google_world import GoogleWorld, Route
from space import Space
from test_google_clients import STRANGERS, OnGke
from wip import Wip


def of_storage(running: server.GcpStorageEmulator) -> list[Route]:
    return [Route("/_gcp/storage", running, "")]


def of_iam(running: server.Gcplocal) -> list[Route]:
    """Resource Manager is there in its first version, whose policies are the same."""
    return [
        Route(r"/_gcp/gcpiam(/v1/projects/[^/]+/serviceAccounts(/[^:/]+)?(\?.*)?)$", running, r"\1"),
        Route(r"/_gcp/cloudresourcemanager/v3(/projects/[^/]+:\w+)(\?.*)?$", running, r"/v1\1"),
    ]


class Elsewhere(OnGke):
    """A Space whose cloud is several servers; subclasses name the example and the routes."""

    def setUp(self) -> None:
        self.maxDiff = None
        self.space = Space.example(self.example)
        self.space.spec["guardrails"] = {"allowDestroy": True}
        # None is made: they would come without labels and settings.
        self.space.spec.pop("buckets", None)
        self.storage = server.GcpStorageEmulator()
        self.addCleanup(self.storage.stop)
        self.world = GoogleWorld(server.Sandbox(), self.space, self.routes())
        self.addCleanup(self.world.stop)
        self.world.seed()
        for name in self.world.missing_buckets():
            # It heeds nothing but the name when it makes one.
            bucket = self.world.storage.bucket(name)
            bucket.create(location="EU")
            bucket.iam_configuration.uniform_bucket_level_access_enabled = True
            bucket.patch()
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        self.wip.write(self.space)

    def routes(self) -> list[Route]:
        return of_storage(self.storage)


class OnAStorageEmulator(Elsewhere, unittest.TestCase):
    example = "gke-principal"

    def test_story(self) -> None:
        self.apply()
        backup, billing = self.members("backup"), self.members("billing")
        role = ("roles/storage.objectUser", "")
        self.assertLessEqual(backup, self.world.bucket("acme-backups")[role])
        found = self.world.bucket("acme-billing")
        for name in ("objectCreator", "legacyBucketReader"):
            self.assertLessEqual(billing, found[f"roles/storage.{name}", ""])
        self.bind("acme-backups", "roles/storage.objectUser", STRANGERS)
        self.wip.plan(status=0)
        self.wip.run("verify")
        self.wip.run("destroy", "--auto-approve")
        self.assertEqual(STRANGERS, self.world.bucket("acme-backups")[role])
        self.assertFalse(billing & set().union(*self.world.bucket("acme-billing").values()))


class OnAnIamEmulator(Elsewhere, unittest.TestCase):
    example = "gke-impersonation"

    def routes(self) -> list[Route]:
        running = server.Gcplocal()
        self.addCleanup(running.stop)
        return of_storage(self.storage) + of_iam(running)

    def test_story(self) -> None:
        # Where their policies are kept, the accounts have to be as well.
        names = ["apps-no-backup", "apps-no-billing", "apps-no-secrets"]
        accounts = [{"project": self.world.project, "id": name} for name in names]
        self.world.ask("seed", {"google": {"accounts": accounts}})
        self.apply()
        backup, _, secrets = (self.world.email(name) for name in names)
        self.assertEqual("apps-no/backup", self.world.account(backup)["displayName"])
        [within] = self.world.of_project().items()
        self.assertEqual({f"serviceAccount:{secrets}"}, within[1])
        self.assertIn("secrets/apps-", within[0][1])
        of_bucket = {key: it for key, it in self.world.bucket("acme-apps-backups").items() if "objectUser" in key[0]}
        [(_, expression)] = of_bucket
        self.assertIn("/objects/apps-no/", expression)
        self.assertEqual([{f"serviceAccount:{backup}"}], list(of_bucket.values()))

        self.bind_project("roles/browser", STRANGERS)
        self.wip.plan(status=0)
        accounts = self.world.client("gcpiam").projects().serviceAccounts()
        named = f"projects/{self.world.project}/serviceAccounts/{backup}"
        accounts.patch(name=named, body={"serviceAccount": {"displayName": "x"}, "updateMask": "displayName"}).execute()
        self.wip.plan(status=2)
        self.wip.run("apply", "--auto-approve")
        self.assertEqual("apps-no/backup", self.world.account(backup)["displayName"])
        self.wip.run("destroy", "--auto-approve")
        self.assertEqual({("roles/browser", ""): STRANGERS}, self.world.of_project())
        with self.assertRaises(HttpError) as gone:
            self.world.account(backup)
        self.assertEqual(404, gone.exception.status_code)
