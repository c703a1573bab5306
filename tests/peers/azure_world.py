"""What Azure holds before and after a run, through the SDKs that Microsoft generates from its specifications.

Owns seeding what a Space file takes for granted, the environment of wip, and the clients.
The sandbox is the only server there is for Azure Resource Manager; the clients take nothing but https, so a front stands before it.
"""

import json
import time
import urllib.request

from azure.core.credentials import AccessToken
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.storage import StorageManagementClient

import server
from front import Front
from space import Space

OPERATOR = "3f0c6a52-8f8b-4d0e-9a39-6b1d0f5e7c44"
"""The object id of whoever runs wip; any will do."""


class Static:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)


class AzureWorld:
    def __init__(self, running: server.Sandbox, space: Space) -> None:
        self.space = space
        [aks] = [cluster["aks"] for cluster in space.spec["clusters"]]
        self.tenant, self.subscription = aks["tenant"], aks["subscription"]
        self.cluster = aks
        self.token = f"sandbox:{self.tenant}:{OPERATOR}"
        self.credential = Static(self.token)
        self.sandbox = running
        self.near = Front(running.endpoint, running.folder, tls=False)
        self.front = Front(running.endpoint, running.folder, tls=True)
        self.programs = running.folder / "bin"
        self.programs.mkdir()
        self.azure_cli(self.token)
        self.environment = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "WIP_AZURE_ARM_ENDPOINT": f"{self.near.endpoint}/_azure/arm",
            "NO_COLOR": "1",
        }
        self.msi = self.client(ManagedServiceIdentityClient)
        self.authorization = self.client(AuthorizationManagementClient)
        self.storage = self.client(StorageManagementClient)
        self.vaults = self.client(KeyVaultManagementClient, api_version="2023-07-01")

    def stop(self) -> None:
        self.near.stop()
        self.front.stop()
        self.sandbox.stop()

    def client(self, kind: type, **options: object):
        return kind(
            self.credential,
            self.subscription,
            base_url=f"{self.front.endpoint}/_azure/arm",
            connection_verify=str(self.front.certificate),
            retry_total=0,
            **options,
        )

    def azure_cli(self, token: str) -> None:
        """Makes the `az` of wip's path one that has this token: wip takes it from there, as from the real one."""
        said = json.dumps({"accessToken": token, "tokenType": "Bearer", "expires_on": int(time.time()) + 3600})
        program = self.programs / "az"
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o755)

    def ask(self, path: str, body: dict) -> dict:
        """What the sandbox answers at one of its own doors."""
        request = urllib.request.Request(
            f"{self.sandbox.endpoint}/_sandbox/{path}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    # Before the run.

    def seed(self, rbac: bool = True) -> None:
        """Makes what the file takes for granted; `rbac`: whether role assignments decide in its vaults."""
        here = {"subscription": self.subscription}
        accounts: dict[tuple[str, str], set[str]] = {}
        for entry in self.access("blobContainer"):
            accounts.setdefault((entry["resourceGroup"], entry["storageAccount"]), set()).add(entry["container"])
        groups = {identity["identity"]["resourceGroup"] for identity in self.space.spec["identities"].values()}
        self.ask(
            "seed",
            {
                "azure": {
                    "subscriptions": [{"id": self.subscription, "tenant": self.tenant}],
                    "resource_groups": [here | {"name": group} for group in sorted(groups)],
                    "clusters": [
                        here | {"resource_group": self.cluster["resourceGroup"], "name": self.cluster["cluster"]}
                    ],
                    "storage_accounts": [
                        here | {"resource_group": group, "name": name, "containers": sorted(containers)}
                        for (group, name), containers in accounts.items()
                    ],
                    "vaults": [
                        here
                        | {
                            "resource_group": entry["resourceGroup"],
                            "name": entry["vault"],
                            "rbac": rbac,
                            "secrets": {"db": "found"},
                        }
                        for entry in self.access("keyVault")
                    ],
                }
            },
        )

    def may_read_blobs(self, account: str) -> None:
        """Lets whoever runs wip read what is in a storage account, so that wip can tell whether a container is empty."""
        role = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
        parameters = RoleAssignmentCreateParameters(
            role_definition_id=f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            principal_id=OPERATOR,
            principal_type="User",
        )
        self.authorization.role_assignments.create(account, "6b1f0d8e-2c57-4f5b-9a43-7e0d5c1b9a26", parameters)

    def access(self, kind: str) -> list[dict]:
        identities = self.space.spec["identities"].values()
        return [entry[kind] for identity in identities for entry in identity["access"] if kind in entry]

    # After it.

    def identity(self, name: str):
        group = self.space.spec["identities"][name]["identity"]["resourceGroup"]
        return self.msi.user_assigned_identities.get(group, f"{self.space.name}-{name}")

    def credentials(self, name: str) -> list:
        group = self.space.spec["identities"][name]["identity"]["resourceGroup"]
        return list(self.msi.federated_identity_credentials.list(group, f"{self.space.name}-{name}"))

    def assignments(self, scope: str) -> list:
        """Those at the scope itself."""
        found = self.authorization.role_assignments.list_for_scope(scope, filter="atScope()")
        return [it for it in found if it.scope.lower() == scope.lower()]

    def scope(self, entry: dict) -> str:
        """The resource id that an entry of the file's access means."""
        at = f"/subscriptions/{self.subscription}/resourceGroups"
        if "blobContainer" in entry:
            it = entry["blobContainer"]
            account = f"{at}/{it['resourceGroup']}/providers/Microsoft.Storage/storageAccounts/{it['storageAccount']}"
            return f"{account}/blobServices/default/containers/{it['container']}"
        it = entry["keyVault"]
        return f"{at}/{it['resourceGroup']}/providers/Microsoft.KeyVault/vaults/{it['vault']}"

    def snapshot(self) -> dict:
        """Everything in the subscription that wip could have touched, without what Azure stamps on it."""
        return {
            "identities": {
                it.name: (it.location, it.tags, sorted((c.name, c.issuer, c.subject, *c.audiences) for c in self.of(it)))
                for it in self.msi.user_assigned_identities.list_by_subscription()
            },
            "assignments": sorted(
                (it.scope, it.role_definition_id, it.principal_id, it.principal_type, it.description or "")
                for it in self.authorization.role_assignments.list_for_subscription()
            ),
        }

    def of(self, identity) -> list:
        group = identity.id.split("/")[4]
        return list(self.msi.federated_identity_credentials.list(group, identity.name))
