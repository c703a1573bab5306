"""The main job on AKS from the first plan to destroy, seen by the SDKs that Microsoft generates from its specifications.

Each value that they read is compared with the Space file, as `space` reads it, and with the state.
"""

import unittest

import yaml
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi.models import FederatedIdentityCredential

import server
from azure_world import OPERATOR, AzureWorld
from space import AKS, Space, subject
from wip import Wip

AUDIENCE = "api://AzureADTokenExchange"
"""Entra docs, "Workload identity federation": what tokens for Azure are for."""

ROLES = {"blobContainer": "Storage Blob Data Contributor", "keyVault": "Key Vault Secrets User"}
"""Upbound docs, workload identity guides for AKS: the role of each access of the three components."""

OTHER = "0f6b3c55-7a3e-4d0e-8c57-9d2f4be1a3c6"
"""Name of a role assignment that wip would not choose."""

STRANGER = subject("kube-system", "stranger")


class OnAks(unittest.TestCase):
    """A Space on AKS, and nothing applied yet."""

    def setUp(self) -> None:
        self.maxDiff = None
        self.space = Space.at(AKS)
        self.world = AzureWorld(server.Sandbox(), self.space)
        self.addCleanup(self.world.stop)
        self.world.seed()
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        self.wip.write(self.space)
        self.before = self.world.snapshot()


class AzureStory(OnAks):
    def test_story(self) -> None:
        self.the_plan_changes_nothing()
        self.apply_makes_what_the_file_says()
        self.the_state_names_what_is_there()
        self.a_control_plane_gets_one_credential_of_each_identity()
        self.drift_is_shown_and_mended()
        self.an_identity_that_somebody_else_marked_is_blocked()
        self.what_others_added_stays()
        self.destroy_leaves_nothing()

    def the_plan_changes_nothing(self) -> None:
        plan = self.wip.plan(status=2)
        self.assertEqual({"create"}, {step["action"] for step in plan["steps"]})
        self.assertEqual(self.before, self.world.snapshot())

    def apply_makes_what_the_file_says(self) -> None:
        self.wip.run("apply", "--auto-approve")
        self.nothing_is_pending()
        self.everything_is_as_the_file_says()

    def nothing_is_pending(self) -> None:
        plan = self.wip.plan(status=0)
        self.assertEqual([], plan["steps"] + plan["blocked"])
        self.wip.run("verify")

    def everything_is_as_the_file_says(self) -> None:
        clusters = self.world.client(ContainerServiceClient, api_version="2025-05-01").managed_clusters
        cluster = clusters.get(self.world.cluster["resourceGroup"], self.world.cluster["cluster"])
        self.assertTrue(cluster.security_profile.workload_identity.enabled)
        issuer = cluster.oidc_issuer_profile.issuer_url
        printed = self.wip.json("output")["identities"]
        self.assertEqual(set(self.space.spec["identities"]), set(printed))
        for name, wanted in self.space.spec["identities"].items():
            identity = self.world.identity(name)
            self.assertEqual(wanted["identity"]["location"], identity.location)
            self.assertEqual(self.world.tenant, identity.tenant_id)
            self.assertEqual(self.tags(name), identity.tags)
            ids = {"clientId": identity.client_id, "principalId": identity.principal_id}
            self.assertEqual(ids, printed[name])
            found = self.world.credentials(name)
            self.assertEqual(self.space.subjects(name), {it.subject for it in found})
            self.assertEqual({(issuer, AUDIENCE)}, {(it.issuer, *it.audiences) for it in found})
            for entry in wanted["access"]:
                [assignment] = self.world.assignments(self.world.scope(entry))
                self.assertEqual(identity.principal_id, assignment.principal_id)
                self.assertEqual("ServicePrincipal", assignment.principal_type)
                self.assertIn(self.wip.lineage(self.space), assignment.description)
                definition = self.world.authorization.role_definitions.get_by_id(assignment.role_definition_id)
                self.assertEqual([ROLES[kind] for kind in entry], [definition.role_name])
        for entry in self.world.access("blobContainer"):
            at = [entry[name] for name in ("resourceGroup", "storageAccount", "container")]
            self.assertEqual(entry["container"], self.world.storage.blob_containers.get(*at).name)
        for entry in self.world.access("keyVault"):
            vault = self.world.vaults.vaults.get(entry["resourceGroup"], entry["vault"])
            self.assertTrue(vault.properties.enable_rbac_authorization)
            self.assertEqual([], vault.properties.access_policies)

    def tags(self, identity: str) -> dict[str, str]:
        """The labels of the file, and the mark."""
        return self.space.document["metadata"]["labels"] | {
            "wip-space": self.space.name,
            "wip-lineage": self.wip.lineage(self.space),
            "wip-address": f"azure/identity:{self.space.name}/{identity}",
        }

    def the_state_names_what_is_there(self) -> None:
        """Every resource of the state by the id that the SDK reads, and none besides."""
        state = yaml.safe_load((self.wip.folder / "state" / self.space.name / "state.yaml").read_text())
        recorded: dict[str, set[str]] = {}
        for address, resource in state["resources"].items():
            self.assertEqual("made", resource["relation"])
            recorded.setdefault(address.partition(":")[0], set()).add(resource["id"])
        identities = list(self.world.msi.user_assigned_identities.list_by_subscription())
        assignments = self.world.authorization.role_assignments.list_for_subscription()
        there = {
            "azure/identity": {it.principal_id for it in identities},
            "azure/federated-credential": {c.name for it in identities for c in self.world.of(it)},
            "azure/role-assignment": {it.id for it in assignments},
        }
        self.assertEqual(there, recorded)

    def a_control_plane_gets_one_credential_of_each_identity(self) -> None:
        namespace = self.space.add_control_plane("late")
        self.wip.write(self.space)
        plan = self.wip.plan(status=2)
        wanted = {subject(namespace, account) for account in self.space.exact_identities().values()}
        self.assertEqual(wanted, {step["after"]["subject"] for step in plan["steps"]})
        self.wip.run("apply", "--auto-approve")
        self.nothing_is_pending()
        self.everything_is_as_the_file_says()

    def drift_is_shown_and_mended(self) -> None:
        good = self.world.snapshot()
        group, name = "ids", f"{self.space.name}-backup"
        gone, turned, *_ = self.world.credentials("backup")
        credentials = self.world.msi.federated_identity_credentials
        credentials.delete(group, name, gone.name)
        turned.subject = STRANGER
        credentials.create_or_update(group, name, turned.name, turned)
        [container] = self.space.spec["identities"]["billing"]["access"]
        [assignment] = self.world.assignments(self.world.scope(container))
        # Under the name of wip's own, so that it is that one with another role.
        self.world.authorization.role_assignments.delete(assignment.scope, assignment.name)
        self.assign(assignment, "Reader", assignment.name)
        tags = {"tags": self.tags("billing") | {"team": "other"}}
        self.world.msi.user_assigned_identities.update(group, f"{self.space.name}-billing", tags)

        plan = self.wip.plan("--allow-revokes", "1000", status=2)
        steps = {step["address"]: step for step in plan["steps"]}
        prefix = f"azure/federated-credential:{self.space.name}/"
        made = [step for address, step in steps.items() if address.startswith(prefix) and step["action"] == "create"]
        self.assertEqual([gone.subject], [step["after"]["subject"] for step in made])
        [back] = [step for address, step in steps.items() if address.startswith(prefix) and step["action"] == "update"]
        [edit] = back["edits"]
        self.assertEqual("drifted", edit["why"])
        self.assertEqual(STRANGER, edit["set"]["before"])
        tags = steps[f"azure/identity:{self.space.name}/billing"]["edits"]
        self.assertEqual({"drifted"}, {edit["why"] for edit in tags})
        self.assertIn(f"azure/role-assignment:{self.space.name}/billing/acmebilling/usage", steps)
        self.assertEqual(4, len(steps))
        self.assertIn(STRANGER, {revoke["who"] for revoke in plan["revokes"]})
        self.assertIn(STRANGER, self.wip.run("plan", "--allow-revokes", "1000"))

        self.wip.run("apply", "--auto-approve", "--allow-revokes", "1000")
        self.nothing_is_pending()
        self.assertEqual(good, self.world.snapshot())

    def definition(self, role: str) -> str:
        scope = f"/subscriptions/{self.world.subscription}"
        [found] = self.world.authorization.role_definitions.list(scope, filter=f"roleName eq '{role}'")
        return found.id

    def assign(self, assignment, role: str, name: str) -> None:
        """Another role to the same principal at the same scope."""
        parameters = RoleAssignmentCreateParameters(
            role_definition_id=self.definition(role),
            principal_id=assignment.principal_id,
            principal_type="ServicePrincipal",
        )
        self.world.authorization.role_assignments.create(assignment.scope, name, parameters)

    def an_identity_that_somebody_else_marked_is_blocked(self) -> None:
        identities = self.world.msi.user_assigned_identities
        name = f"{self.space.name}-backup"
        identities.update("ids", name, {"tags": self.tags("backup") | {"wip-space": "other"}})
        taken = self.world.snapshot()
        [blocked] = self.wip.plan(status=4)["blocked"]
        self.assertEqual(f"azure/identity:{self.space.name}/backup", blocked["address"])
        self.wip.run("apply", "--auto-approve", status=4)
        self.assertEqual(taken, self.world.snapshot())
        identities.update("ids", name, {"tags": self.tags("backup")})
        self.nothing_is_pending()

    def what_others_added_stays(self) -> None:
        """A tag, a role and a credential that the file does not name, none of them under a name of wip's."""
        good = self.world.snapshot()
        name, tags = f"{self.space.name}-backup", self.tags("backup")
        identities, credentials = self.world.msi.user_assigned_identities, self.world.msi.federated_identity_credentials
        assignments = self.world.authorization.role_assignments
        [container] = self.space.spec["identities"]["backup"]["access"]
        [assignment] = self.world.assignments(self.world.scope(container))
        identities.update("ids", name, {"tags": tags | {"cost-centre": "7"}})
        self.assign(assignment, "Reader", OTHER)
        added = {"issuer": "https://example.org/", "subject": STRANGER, "audiences": [AUDIENCE]}
        credentials.create_or_update("ids", name, "stranger", FederatedIdentityCredential(**added))
        more = self.world.snapshot()
        self.nothing_is_pending()
        self.wip.run("apply", "--auto-approve")
        self.assertEqual(more, self.world.snapshot())
        credentials.delete("ids", name, "stranger")
        assignments.delete(assignment.scope, OTHER)
        identities.update("ids", name, {"tags": tags})
        self.assertEqual(good, self.world.snapshot())

    def destroy_leaves_nothing(self) -> None:
        made = self.world.snapshot()
        self.wip.run("destroy", "--auto-approve", status=4)
        self.assertEqual(made, self.world.snapshot(), "destroyed although the guardrail forbids it")
        self.space.spec.setdefault("guardrails", {})["allowDestroy"] = True
        self.wip.write(self.space)
        self.wip.run("destroy", "--auto-approve")
        self.assertEqual(self.before, self.world.snapshot())


class WhoAsks(OnAks):
    """wip with the token of an `az` that is logged in, as on a real machine."""

    def test_another_tenant_is_told_after_one_request(self) -> None:
        self.world.azure_cli(f"sandbox:{self.world.subscription}:{OPERATOR}")
        said = self.wip.json("apply", "--auto-approve", status=1)
        self.assertEqual("wip-error/1", said["format"])
        asked = [(exchange.method, exchange.path) for exchange in self.world.near.take()]
        self.assertEqual([("GET", f"/_azure/arm/subscriptions/{self.world.subscription}")], asked)

    def test_the_token_is_written_nowhere(self) -> None:
        printed = self.wip.run("apply", "--auto-approve", "--log", "log.jsonl")
        printed += self.wip.run("plan", "--json", "--out", "saved.plan")
        self.world.azure_cli("no-token-of-anybody")
        printed += self.wip.run("plan", "--log", "refused.jsonl", "--json", status=1)
        sent = {exchange.headers["authorization"] for exchange in self.world.near.take()}
        self.assertEqual({f"Bearer {self.world.token}", "Bearer no-token-of-anybody"}, sent)
        written = [path for path in self.wip.folder.rglob("*") if path.is_file()]
        self.assertLess(3, len(written))
        for path in written:
            text = path.read_text(errors="replace")
            self.assertNotIn(OPERATOR, text, path)
            self.assertNotIn("no-token-of-anybody", text, path)
        self.assertNotIn(OPERATOR, printed)
        self.assertNotIn("no-token-of-anybody", printed)
