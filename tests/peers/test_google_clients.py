"""The main job on GKE from the first plan to destroy, seen by the clients that Google writes.

Each value that they read is compared with the Space file, as `space` reads it; and what others gave stays theirs.
"""

import unittest

from google.api_core.exceptions import Forbidden
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from googleapiclient.errors import HttpError

import server
from google_world import NUMBER, GoogleWorld
from space import SERVICE_ACCOUNTS, Space
from wip import Wip

USER = "roles/iam.workloadIdentityUser"

STRANGERS = {"user:auditor@example.com", "group:operators@example.com"}

HOSTS = ["mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system", "team-a-ctp2"]
"""Of the control planes of both examples, by hand."""


class OnGke:
    """A Space on GKE, and nothing applied yet; subclasses name the example."""

    example = ""

    def setUp(self) -> None:
        self.maxDiff = None
        self.space = Space.example(self.example)
        self.space.spec["guardrails"] = {"allowDestroy": True}
        self.world = GoogleWorld(server.Sandbox(), self.space)
        self.addCleanup(self.world.stop)
        self.world.seed()
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        self.wip.write(self.space)

    def apply(self) -> None:
        self.wip.plan(status=2)
        self.wip.run("apply", "--auto-approve")
        self.wip.plan(status=0)

    def subjects(self, identity: str) -> list[tuple[str, str]]:
        return [(host, SERVICE_ACCOUNTS[identity]) for host in HOSTS]

    def members(self, identity: str) -> set[str]:
        pool = f"iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/acme-prod.svc.id.goog"
        return {f"principal://{pool}/subject/ns/{host}/sa/{name}" for host, name in self.subjects(identity)}

    def token(self, identity: str, host: str, account: str | None = None):
        """Credentials of a component of a control plane."""
        token = self.world.kubernetes_token(host, SERVICE_ACCOUNTS[identity])
        return self.world.workload(token, account)

    def bind(self, bucket: str, role: str, members: set[str]) -> None:
        """Gives a role by the client for Cloud Storage."""
        found = self.world.storage.bucket(bucket)
        policy = found.get_iam_policy(requested_policy_version=3)
        policy.version = 3
        policy.bindings.append({"role": role, "members": members})
        found.set_iam_policy(policy)

    def bind_project(self, role: str, members: set[str]) -> None:
        projects = self.world.client("cloudresourcemanager").projects()
        name = f"projects/{self.world.project}"
        policy = projects.getIamPolicy(resource=name, body={"options": {"requestedPolicyVersion": 3}}).execute()
        policy.setdefault("bindings", []).append({"role": role, "members": sorted(members)})
        projects.setIamPolicy(resource=name, body={"policy": policy | {"version": 3}}).execute()


class Principals(OnGke, unittest.TestCase):
    example = "gke-principal"

    def expect(self, strangers: set[str]) -> None:
        backup, billing, secrets = (self.members(it) for it in ("backup", "billing", "sharedSecrets"))
        theirs = {("roles/storage.objectUser", ""): strangers} if strangers else {}
        self.assertEqual({("roles/storage.objectUser", ""): backup | strangers}, self.world.bucket("acme-backups"))
        self.assertEqual(
            {
                ("roles/storage.objectCreator", ""): billing,
                ("roles/storage.legacyBucketReader", ""): billing,
            }
            | theirs,
            self.world.bucket("acme-billing"),
        )
        for secret in ("db", "smtp"):
            self.assertEqual({("roles/secretmanager.secretAccessor", ""): secrets}, self.world.secret(secret))
        self.assertEqual(theirs, self.world.of_project())

    def test_story(self) -> None:
        """From nothing to nothing, and what others have in the same policies stays."""
        self.apply()
        self.expect(set())
        self.bind("acme-backups", "roles/storage.objectUser", STRANGERS)
        self.bind("acme-billing", "roles/storage.objectUser", STRANGERS)
        self.bind_project("roles/storage.objectUser", STRANGERS)
        self.wip.plan(status=0)
        self.expect(STRANGERS)
        self.space.spec["controlPlanes"].pop()
        self.wip.write(self.space)
        self.wip.run("apply", "--auto-approve", "--allow-revokes", "5")
        kept = {it for it in self.members("backup") if f"/ns/{HOSTS[0]}/" in it}
        self.assertEqual({("roles/storage.objectUser", ""): kept | STRANGERS}, self.world.bucket("acme-backups"))
        self.wip.run("destroy", "--auto-approve")
        left = {("roles/storage.objectUser", ""): STRANGERS}
        self.assertEqual([left, left], [self.world.bucket("acme-backups"), self.world.bucket("acme-billing")])
        self.assertEqual({}, self.world.secret("db"))

    def test_access(self) -> None:
        """Google's own libraries do as the components what these are there for, and nothing else."""
        self.apply()
        for host in HOSTS:
            backup = self.world.storage_client(self.token("backup", host)).bucket("acme-backups")
            backup.blob(host).upload_from_string("saved")
            self.assertEqual(b"saved", backup.blob(host).download_as_bytes())
            self.assertIn(host, [blob.name for blob in backup.list_blobs()])
            backup.blob(host).delete()
            billing = self.world.storage_client(self.token("billing", host))
            self.assertTrue(billing.bucket("acme-billing").exists())
            billing.bucket("acme-billing").blob(host).upload_from_string("used")
            for refused in (
                lambda: billing.bucket("acme-billing").blob(host).download_as_bytes(),
                lambda: billing.bucket("acme-backups").blob(host).upload_from_string("x"),
                lambda: backup.get_iam_policy(),
            ):
                self.assertRaises(Forbidden, refused)
            self.assertEqual("Zm91bmQ=", self.secret(self.token("sharedSecrets", host), "db"))
            with self.assertRaises(HttpError) as refused:
                self.secret(self.token("backup", host), "db")
            self.assertEqual(403, refused.exception.status_code)
        strangers = self.world.storage_client(self.token("backup", "default")).bucket("acme-backups")
        self.assertRaises(Forbidden, lambda: list(strangers.list_blobs()))

    def secret(self, credentials: object, name: str) -> str:
        versions = self.world.client("secretmanager", credentials).projects().secrets().versions()
        at = f"projects/{self.world.project}/secrets/{name}/versions/latest"
        return versions.access(name=at).execute()["payload"]["data"]


class Impersonation(OnGke, unittest.TestCase):
    example = "gke-impersonation"

    def test_story(self) -> None:
        """From nothing to nothing, and what others have in the same policies stays."""
        self.apply()
        emails = {it: self.world.email(f"apps-no-{it}") for it in ("backup", "billing", "secrets")}
        for identity, email in zip(("backup", "billing", "sharedSecrets"), emails.values()):
            self.assertEqual(f"apps-no/{identity}", self.world.account(email)["displayName"])
            pool = f"{self.world.project}.svc.id.goog"
            members = {f"serviceAccount:{pool}[{host}/{name}]" for host, name in self.subjects(identity)}
            self.assertEqual({(USER, ""): members}, self.world.of_account(email))
        objects = "projects/_/buckets/acme-apps-backups/objects/apps-no/"
        of_bucket = f'resource.type == "storage.googleapis.com/Bucket" || resource.name.startsWith("{objects}")'
        found = self.world.bucket("acme-apps-backups")
        ours = {key: it for key, it in found.items() if "legacy" not in key[0]}
        self.assertEqual({("roles/storage.objectUser", of_bucket): {f"serviceAccount:{emails['backup']}"}}, ours)
        bucket = self.world.storage.get_bucket("acme-apps-backups")
        self.assertTrue(bucket.iam_configuration.uniform_bucket_level_access_enabled)
        self.assertEqual("enforced", bucket.iam_configuration.public_access_prevention)
        within = f'resource.name.startsWith("projects/{NUMBER}/secrets/apps-")'
        secrets = {("roles/secretmanager.secretAccessor", within): {f"serviceAccount:{emails['secrets']}"}}
        self.assertEqual(secrets, self.world.of_project())

        self.bind("acme-apps-backups", "roles/storage.objectViewer", STRANGERS)
        self.bind_project("roles/secretmanager.secretAccessor", STRANGERS)
        self.wip.plan(status=0)
        self.access(emails)
        self.wip.run("destroy", "--auto-approve")
        self.assertEqual(
            {("roles/storage.objectViewer", ""): STRANGERS},
            {key: it for key, it in self.world.bucket("acme-apps-backups").items() if "legacy" not in key[0]},
        )
        self.assertEqual({("roles/secretmanager.secretAccessor", ""): STRANGERS}, self.world.of_project())
        for email in emails.values():
            with self.assertRaises(HttpError) as gone:
                self.world.account(email)
            self.assertEqual(404, gone.exception.status_code)

    def access(self, emails: dict[str, str]) -> None:
        for host in HOSTS:
            backup = self.world.storage_client(self.token("backup", host, emails["backup"])).bucket("acme-apps-backups")
            backup.blob("apps-no/one").upload_from_string("saved")
            backup.blob("apps-no/one").delete()
            self.assertRaises(Forbidden, lambda: backup.blob("other/one").upload_from_string("x"))
            others = self.token("backup", host, emails["billing"])
            self.assertRaises(RefreshError, lambda: others.refresh(Request()))
