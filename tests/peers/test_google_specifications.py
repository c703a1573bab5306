"""Every request that wip sends to Google Cloud, and every answer of the sandbox, against Google's own discovery documents.

They are checked strictly, as `discovery` does.
What the sandbox answers and wip does not ask is asked by Google's clients.
"""

import copy
import dataclasses
import re
import unittest

import google.auth.exceptions
from google.auth.transport.requests import Request
from google.cloud import exceptions
from googleapiclient.errors import HttpError

import server
from discovery import Discovery
from front import Exchange
from google_world import GoogleWorld
from space import ROOT, Space
from test_azure_specifications import changes
from wip import Wip

FILES = {
    "cloudresourcemanager": ["projects.rs"],
    "container": ["clusters.rs"],
    "gcpiam": ["accounts.rs"],
    "gcpsts": ["sts.rs"],
    "iamcredentials": ["credentials.rs"],
    "secretmanager": ["secrets.rs"],
    "storage": ["storage/mod.rs"],
}
"""Service → where the sandbox names what it does."""

OPERATION = re.compile(r'=> "(\w+(?:\.\w+)?)",')

CALL = re.compile(r'"((?:cloudresourcemanager|container|gcpiam|secretmanager|storage):\w+\.\w+)"')


def of_the_sandbox() -> set[str]:
    """The methods that the sandbox has, by its own tables."""
    found = set()
    for service, files in FILES.items():
        for file in files:
            text = (ROOT / "crates/wip-sandbox/src/gcp" / file).read_text()
            text = text.partition("fn operation(")[2].partition("\n}")[0]
            found |= {f"{service}:{name}" for name in OPERATION.findall(text)}
    return found


def of_wip() -> set[str]:
    """The methods that wip calls, as it names them itself."""
    sources = (ROOT / "crates/wip-gcp/src").rglob("*.rs")
    return {name for source in sources if "tests" not in source.parts for name in CALL.findall(source.read_text())}


class Documented(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.discovery = Discovery()

    def setUp(self) -> None:
        self.maxDiff = None

    def run_of_wip(self, example: str) -> list[Exchange]:
        """From the first plan over drift to destroy, and all that wip calls on the way."""
        space = Space.example(example)
        self.world = GoogleWorld(server.Sandbox(), space)
        self.addCleanup(self.world.stop)
        self.world.seed()
        wip = Wip(self.world)
        self.addCleanup(wip.close)
        space.spec["guardrails"] = {"allowDestroy": True}
        made = {"location": "europe-north1", "create": True, "onDestroy": "delete"}
        space.spec.setdefault("buckets", []).append({"gcsBucket": made | {"bucket": "acme-goes"}})
        if example == "gke-impersonation":
            secrets = {"secretManager": {"project": self.world.project, "secrets": ["db"]}}
            space.spec["identities"]["sharedSecrets"]["access"].append(secrets)
            self.world.seed()
        wip.write(space)
        wip.plan(status=2)
        wip.run("apply", "--auto-approve")
        wip.plan(status=0)

        self.drift()
        space.document["metadata"]["labels"] = {"team": "other"}
        wip.write(space)
        # What a saved plan touches is looked at again, one by one.
        wip.run("plan", "--allow-revokes", "1000", "--out", "saved.plan")
        wip.run("apply", "saved.plan", "--auto-approve")
        wip.run("verify")

        (wip.folder / "state").rename(wip.folder / "lost")
        wip.run("state", "rebuild")
        wip.run("destroy", "--auto-approve")
        return self.world.near.take()

    def drift(self) -> None:
        """A member is taken away, an account switched off, another one described anew, a third deleted."""
        client = self.world.client
        for entry in self.world.access("gcsBucket"):
            bucket = self.world.storage.bucket(entry["bucket"])
            policy = bucket.get_iam_policy(requested_policy_version=3)
            policy.bindings = [it for it in policy.bindings if "objectCreator" not in it["role"]]
            bucket.set_iam_policy(policy)
        accounts = client("gcpiam").projects().serviceAccounts()
        found = accounts.list(name=f"projects/{self.world.project}").execute().get("accounts", [])
        if found:
            [off, other, gone] = [it["name"] for it in found]
            accounts.disable(name=off, body={}).execute()
            patch = {"serviceAccount": {"displayName": "other"}, "updateMask": "displayName"}
            accounts.patch(name=other, body=patch).execute()
            accounts.delete(name=gone).execute()

    def names_of(self, exchanges: list[Exchange]) -> tuple[set[str], set[str]]:
        """Methods that were asked, and those of them that were done, once all are found to be as documented."""
        asked, done, problems = set(), set(), []
        for exchange in exchanges:
            name, found = self.discovery.problems(exchange)
            problems += [f"{name} {exchange.status}: {problem}" for problem in found]
            asked.add(name)
            if exchange.status < 400:
                done.add(name)
        self.assertEqual([], sorted(set(problems)))
        return asked, done

    def test_requests_and_answers(self) -> None:
        """Nothing that wip calls is left out, and nothing that the sandbox can do."""
        asked, done = self.names_of(self.run_of_wip("gke-principal") + self.run_of_wip("gke-impersonation"))
        called = of_wip()
        self.assertLess(15, len(called), "the calls of wip are read wrongly")
        self.assertEqual(set(), called - asked)
        self.ask_the_rest()
        _, besides = self.names_of(self.world.front.take())
        methods = of_the_sandbox()
        self.assertLess(25, len(methods), "the tables of the sandbox are read wrongly")
        self.assertEqual(set(), methods - done - besides)

    def ask_the_rest(self) -> None:
        world = self.world
        name = f"projects/{world.project}"
        world.client("cloudresourcemanager").projects().get(name=name).execute()
        at = f"{name}/locations/{world.cluster['location']}/clusters/{world.cluster['cluster']}"
        cluster = world.client("container").projects().locations().clusters().get(name=at).execute()
        self.assertEqual(f"{world.project}.svc.id.goog", cluster["workloadIdentityConfig"]["workloadPool"])

        accounts = world.client("gcpiam").projects().serviceAccounts()
        body = {"accountId": "documented", "serviceAccount": {"displayName": "d"}}
        account = accounts.create(name=name, body=body).execute()
        accounts.get(name=account["name"]).execute()
        accounts.disable(name=account["name"], body={}).execute()
        accounts.enable(name=account["name"], body={}).execute()
        accounts.list(name=name, pageSize=1).execute()
        accounts.delete(name=account["name"]).execute()
        again = f"{name}/serviceAccounts/{account['uniqueId']}"
        accounts.undelete(name=again, body={}).execute()
        member = f"serviceAccount:{world.project}.svc.id.goog[app/app]"
        users = {"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": [member]}]}
        accounts.setIamPolicy(resource=account["name"], body={"policy": users}).execute()

        secrets = world.client("secretmanager").projects().secrets()
        secrets.get(name=f"{name}/secrets/db").execute()
        secrets.versions().access(name=f"{name}/secrets/db/versions/latest").execute()

        bucket = world.storage.create_bucket("acme-documented", location="EU")
        bucket.labels = {"a": "b"}
        bucket.patch()
        list(world.storage.list_buckets())
        apis = world.client("storage")
        apis.buckets().list(project=world.project, maxResults=1).execute()
        bucket.blob("one").upload_from_string("1")
        self.assertEqual(b"1", bucket.blob("one").download_as_bytes())
        apis.objects().get(bucket=bucket.name, object="one").execute()
        list(bucket.list_blobs())
        bucket.blob("one").delete()
        bucket.delete()
        self.workload(account["email"])
        self.refusals(name)

    def workload(self, email: str) -> None:
        """A workload's token is exchanged by Google's own library, which acts as the account with it."""
        world = self.world
        token = world.kubernetes_token("app", "app")
        credentials = world.workload(token, email)
        credentials.refresh(Request())
        self.assertTrue(credentials.token)
        with self.assertRaises(google.auth.exceptions.GoogleAuthError):
            world.workload(token + "x", None).refresh(Request())

    def refusals(self, name: str) -> None:
        """Answers of failure have a form as well."""
        world = self.world
        accounts = world.client("gcpiam").projects().serviceAccounts()
        nobody = f"{name}/serviceAccounts/{world.email('nobody-there')}"
        documented = f"{name}/serviceAccounts/{world.email('documented')}"
        stale = {"policy": {"etag": "BwXhqDvvYvk=", "bindings": []}}
        for asked, status in [
            (accounts.get(name=nobody), 404),
            (accounts.create(name=name, body={"accountId": "documented"}), 409),
            (accounts.create(name=name, body={"accountId": "x"}), 400),
            (accounts.setIamPolicy(resource=documented, body=stale), 409),
            (world.client("cloudresourcemanager").projects().get(name="projects/elsewhere"), 403),
            (world.client("secretmanager").projects().secrets().get(name=f"{name}/secrets/nothing"), 404),
            (world.client("storage").buckets().get(bucket="nothing-there"), 404),
            (world.client("storage").buckets().setIamPolicy(bucket="acme-billing", body=stale["policy"]), 412),
        ]:
            with self.assertRaises(HttpError) as refused:
                asked.execute()
            self.assertEqual(status, refused.exception.status_code, asked.uri)
        with self.assertRaises(exceptions.NotFound):
            world.storage.get_bucket("nothing-there")

    def test_a_mistake_is_found(self) -> None:
        """Each exchange is spoilt in every place: what the check does not notice there, it would never notice."""
        exchanges = self.run_of_wip("gke-principal") + self.run_of_wip("gke-impersonation")
        spoilt = set()
        for exchange in [it for it in exchanges if it.status < 400]:
            name, found = self.discovery.problems(exchange)
            self.assertEqual([], found)
            for mistake, wrong in mistakes(exchange):
                self.assertTrue(self.discovery.problems(wrong)[1], f"{name}: {mistake} is not noticed")
            for mistake, change in OF_ONE.get(name, {}).items():
                wrong = copy.deepcopy(exchange)
                change(wrong.sent)
                self.assertTrue(self.discovery.problems(wrong)[1], f"{name}: {mistake} is not noticed")
                spoilt.add((name, mistake))
        self.assertEqual({(name, mistake) for name, changes in OF_ONE.items() for mistake in changes}, spoilt)


OF_ONE = {
    "storage:buckets.setIamPolicy": {
        "no bindings": lambda body: body.pop("bindings"),
        "wrapped as elsewhere": lambda body: body.update(policy={}),
        "a binding without a role": lambda body: body["bindings"][0].pop("role"),
    },
    "cloudresourcemanager:projects.setIamPolicy": {
        "not wrapped": lambda body: body.update(body.pop("policy")),
        "a version that is a text": lambda body: body["policy"].update(version="3"),
        "an etag that is no base64": lambda body: body["policy"].update(etag="x!"),
    },
    "gcpiam:serviceAccounts.create": {
        "no id": lambda body: body.pop("accountId"),
        "an e-mail that Google makes": lambda body: body["serviceAccount"].update(email="a@example.com"),
    },
}
"""Mistakes in what wip sends, by method."""


def mistakes(exchange: Exchange):
    """What is wrong, and the exchange with that one mistake."""

    def wrong(what: str, **fields):
        return what, dataclasses.replace(exchange, **fields)

    yield wrong("an unknown parameter", query=exchange.query | {"optoins.x": "3"})
    yield wrong("a path too long", path=f"{exchange.path}/more/of/it")
    yield wrong("another method", method="OPTIONS")
    yield wrong("a status that is not said", status=299)
    yield wrong("an error in another form", status=400, answered={"message": "no"})
    for side in ("sent", "answered"):
        for what, changed in changes(getattr(exchange, side), side):
            yield wrong(what, **{side: changed})
