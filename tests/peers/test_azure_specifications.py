"""Every request that wip sends to Azure Resource Manager, and every answer of the sandbox, against the specifications.

They are checked strictly, as `specification` does; each package is pinned to the release that was generated for the api-version that wip asks for.
What the sandbox answers and wip does not ask is asked by the SDKs.
"""

import copy
import dataclasses
import re
import unittest

from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi.models import FederatedIdentityCredential, Identity
from azure.mgmt.resource import ResourceManagementClient, SubscriptionClient

import server
from azure_world import OPERATOR, AzureWorld
from front import Exchange
from space import AKS, ROOT, Space
from specification import Specification
from wip import Wip

BASE = "/_azure/arm"

ROW = re.compile(r'row!\(.*"(\w+_\w+)", "Microsoft\.')

CALL = re.compile(r'"arm:(\w+_\w+)"')

BY_ID = {"RoleAssignments_GetById": "RoleAssignments_Get"}
"""The same request under another name: an id is a path."""


def plain(operation: str) -> str:
    """The name of an operation without what the languages make of it."""
    return operation.replace("_", "").lower()


def of_the_sandbox() -> set[str]:
    """The operations that the sandbox has, by its own table."""
    table = (ROOT / "crates/wip-sandbox/src/azure/arm/rows.rs").read_text()
    return set(ROW.findall(table))


def of_wip() -> set[str]:
    """The operations that wip calls, as it names them itself."""
    sources = (ROOT / "crates/wip-azure/src").rglob("*.rs")
    names = {name for source in sources for name in CALL.findall(source.read_text())}
    return {BY_ID.get(name, name) for name in names}


class Specified(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.specification = Specification()

    def setUp(self) -> None:
        self.maxDiff = None

    def run_of_wip(self, rbac: bool) -> list[Exchange]:
        """From the first plan over drift to destroy, and all that wip calls on the way."""
        space = Space.at(AKS)
        self.world = AzureWorld(server.Sandbox(), space)
        self.addCleanup(self.world.stop)
        self.world.seed(rbac)
        wip = Wip(self.world)
        self.addCleanup(wip.close)
        group = f"/subscriptions/{self.world.subscription}/resourceGroups/data"
        # Roles that wip does not know by itself, by name and by GUID; and containers that it makes, of which one goes with the Space.
        for role in ["Reader", "21090545-7ca7-4776-b22c-e363652d74d2"]:
            space.spec["identities"]["backup"]["access"].append({"azureRole": {"role": role, "scope": group}})
        made = {"storageAccount": "acmebackups", "resourceGroup": "data", "create": True}
        space.spec["buckets"] = [
            {"blobContainer": made | {"container": "stays"}},
            {"blobContainer": made | {"container": "goes", "onDestroy": "delete"}},
        ]
        self.world.may_read_blobs(f"{group}/providers/Microsoft.Storage/storageAccounts/acmebackups")
        wip.write(space)
        wip.plan(status=2)
        wip.run("apply", "--auto-approve")

        self.drift(space)
        space.document["metadata"]["labels"]["team"] = "other"
        space.spec["guardrails"] = {"allowDestroy": True}
        wip.write(space)
        # What a saved plan touches is looked at again, one by one.
        wip.run("plan", "--allow-revokes", "1000", "--out", "saved.plan")
        wip.run("apply", "saved.plan", "--auto-approve")
        wip.run("verify")

        (wip.folder / "state").rename(wip.folder / "lost")
        wip.run("state", "rebuild")
        wip.run("destroy", "--auto-approve")
        # Whether a container is empty wip asks Blob Storage, which is specified elsewhere.
        return [it for it in self.world.near.take() if it.path.startswith(BASE)]

    def drift(self, space: Space) -> None:
        """A credential is gone and another one turned; an identity was made anew, so that its role is somebody's who is gone."""
        name = f"{space.name}-backup"
        credentials = self.world.msi.federated_identity_credentials
        gone, turned = self.world.credentials("backup")
        credentials.delete("ids", name, gone.name)
        turned.subject = "system:serviceaccount:kube-system:stranger"
        credentials.create_or_update("ids", name, turned.name, turned)
        identity = self.world.identity("billing")
        self.world.msi.user_assigned_identities.delete("ids", identity.name)
        anew = Identity(location=identity.location, tags=identity.tags)
        self.world.msi.user_assigned_identities.create_or_update("ids", identity.name, anew)

    def names_of(self, exchanges: list[Exchange]) -> tuple[set[str], set[str]]:
        """Operations that were asked, and those of them that were done, once all are found to be as specified."""
        asked, done, problems = set(), set(), []
        for exchange in exchanges:
            name, found = self.specification.problems(exchange, BASE)
            problems += [f"{name} {exchange.status}: {problem}" for problem in found]
            asked.add(plain(name))
            if exchange.status < 400:
                done.add(plain(name))
        self.assertEqual([], sorted(set(problems)))
        return asked, done

    def test_requests_and_answers(self) -> None:
        """Nothing that wip calls is left out, and nothing that the sandbox can do."""
        asked, done = self.names_of(self.run_of_wip(rbac=True) + self.run_of_wip(rbac=False))
        called = of_wip()
        self.assertLess(12, len(called), "the calls of wip are read wrongly")
        self.assertEqual(set(), {it for it in called if plain(it) not in asked})
        self.ask_the_rest()
        _, besides = self.names_of(self.world.front.take())
        operations = of_the_sandbox()
        self.assertLess(20, len(operations), "the table of the sandbox is read wrongly")
        self.assertEqual(set(), {it for it in operations if plain(it) not in done | besides})

    def ask_the_rest(self) -> None:
        world = self.world
        arm = {"base_url": f"{world.front.endpoint}/_azure/arm", "connection_verify": str(world.front.certificate)}
        subscriptions = SubscriptionClient(world.credential, **arm).subscriptions
        subscriptions.get(world.subscription)
        list(subscriptions.list())
        groups = world.client(ResourceManagementClient, api_version="2025-04-01").resource_groups
        [*_, group] = groups.list()
        groups.get(group.name)
        clusters = world.client(ContainerServiceClient, api_version="2025-05-01").managed_clusters
        clusters.get(world.cluster["resourceGroup"], world.cluster["cluster"])

        identities = world.msi.user_assigned_identities
        made = identities.create_or_update("ids", "other", Identity(location="westeurope", tags={"a": "b"}))
        identities.update("ids", "other", {"tags": {"a": "c"}})
        trust = FederatedIdentityCredential(issuer="https://example.org/", subject="a", audiences=["b"])
        credentials = world.msi.federated_identity_credentials
        credentials.create_or_update("ids", "other", "one-of-it", trust)
        credentials.get("ids", "other", "one-of-it")
        list(identities.list_by_resource_group("ids"))
        list(identities.list_by_subscription())

        account = ("data", "acmebackups")
        world.storage.storage_accounts.get_properties(*account)
        world.storage.blob_containers.create(*account, "more", {})
        world.storage.blob_containers.get(*account, "more")
        list(world.storage.blob_containers.list(*account))
        world.storage.blob_containers.delete(*account, "more")

        vault = world.vaults.vaults.get("data", "acme-kv")
        vault.properties.enable_rbac_authorization = True
        vault.properties.vault_uri = None
        same = {"location": vault.location, "properties": vault.properties}
        world.vaults.vaults.begin_create_or_update("data", "acme-kv", same).result()

        scope = f"/subscriptions/{world.subscription}"
        [reader] = world.authorization.role_definitions.list(scope, filter="roleName eq 'Reader'")
        world.authorization.role_definitions.get(scope, reader.name)
        parameters = RoleAssignmentCreateParameters(
            role_definition_id=reader.id, principal_id=made.principal_id, principal_type="ServicePrincipal"
        )
        assignments = world.authorization.role_assignments
        name = "0f6b3c55-7a3e-4d0e-8c57-9d2f4be1a3c6"
        assignments.create(scope, name, parameters)
        assignments.get(scope, name)
        list(assignments.list_for_scope(scope, filter=f"principalId eq '{made.principal_id}'"))
        assignments.delete(scope, name)
        identities.delete("ids", "other")
        self.refusals()

    def refusals(self) -> None:
        """Answers of failure have a form as well."""
        world = self.world
        for asked, status in [
            (lambda: world.msi.user_assigned_identities.get("ids", "nobody"), 404),
            (lambda: world.msi.user_assigned_identities.get("nowhere", "nobody"), 404),
            (lambda: world.storage.storage_accounts.get_properties("data", "elsewhere"), 404),
            (lambda: world.vaults.vaults.get("data", "elsewhere"), 404),
            (lambda: world.authorization.role_assignments.get(f"/subscriptions/{world.subscription}", OPERATOR), 404),
            (lambda: world.authorization.role_assignments.list_for_subscription(filter="x eq 1").next(), 400),
        ]:
            with self.assertRaises(HttpResponseError) as refused:
                asked()
            self.assertEqual(status, refused.exception.status_code)

    def test_a_mistake_is_found(self) -> None:
        """Each exchange is spoilt in every place: what the check does not notice there, it would never notice."""
        exchanges = [it for it in self.run_of_wip(rbac=True) if it.status < 400]
        spoilt = set()
        for exchange in exchanges:
            name, found = self.specification.problems(exchange, BASE)
            self.assertEqual([], found)
            for mistake, wrong in mistakes(exchange):
                self.assertTrue(self.specification.problems(wrong, BASE)[1], f"{name}: {mistake} is not noticed")
            for mistake, change in OF_ONE.get(plain(name), {}).items():
                wrong = copy.deepcopy(exchange)
                change(wrong.sent)
                self.assertTrue(self.specification.problems(wrong, BASE)[1], f"{name}: {mistake} is not noticed")
                spoilt.add((plain(name), mistake))
        self.assertEqual({(name, mistake) for name, changes in OF_ONE.items() for mistake in changes}, spoilt)


OF_ONE = {
    "roleassignmentscreate": {
        "no principal": lambda body: body["properties"].pop("principalId"),
        "no role": lambda body: body["properties"].pop("roleDefinitionId"),
        "another type of principal": lambda body: body["properties"].update(principalType="Machine"),
        "a moment that Azure sets": lambda body: body["properties"].update(createdOn="2026-01-01T00:00:00Z"),
    },
    "userassignedidentitiescreateorupdate": {
        "no location": lambda body: body.pop("location"),
        "a null": lambda body: body.update(tags=None),
        "an id that Azure makes": lambda body: body.update(properties={"principalId": OPERATOR}),
        "a name in the body": lambda body: body.update(name="it"),
    },
    "federatedidentitycredentialscreateorupdate": {
        "the issuer beside the properties": lambda body: body.update(issuer=body["properties"].pop("issuer")),
        "a subject that is a list": lambda body: body["properties"].update(subject=["a"]),
        "audiences that are no list": lambda body: body["properties"].update(audiences="a"),
    },
}
"""Mistakes in what wip sends, by operation."""


def mistakes(exchange: Exchange):
    """What is wrong, and the exchange with that one mistake."""

    def wrong(what: str, **fields):
        return what, dataclasses.replace(exchange, **fields)

    yield wrong("another api-version", query=exchange.query | {"api-version": "2015-01-01"})
    yield wrong("no api-version", query={})
    yield wrong("an unknown parameter", query=exchange.query | {"$expnd": "x"})
    yield wrong("a path in other letters", path=BASE + exchange.path.removeprefix(BASE).upper())
    yield wrong("a path too long", path=f"{exchange.path}/more")
    yield wrong("another method", method="POST")
    yield wrong("a status that is not said", status=299)
    yield wrong("an error in another form", status=400, answered={"message": "no"})
    for side in ("sent", "answered"):
        for what, changed in changes(getattr(exchange, side), side):
            yield wrong(what, **{side: changed})


def changes(value: object, at: str):
    """The value with one thing more in one object, or with a number with a fraction for one thing that is no object or list."""
    if isinstance(value, dict):
        yield f"{at}.planted", value | {"planted": 7.5}
        for name, member in value.items():
            for what, changed in changes(member, f"{at}.{name}"):
                yield what, value | {name: changed}
    elif isinstance(value, list):
        for number, member in enumerate(value):
            for what, changed in changes(member, f"{at}[{number}]"):
                yield what, [*value[:number], changed, *value[number + 1 :]]
    else:
        yield f"{at} = 7.5", 7.5
