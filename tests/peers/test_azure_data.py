"""What the workloads of a Space on AKS may do with a token of their cluster, through Microsoft's own clients.

The token is exchanged as `azure-identity` and MSAL do it in a pod, and the data is reached with the clients of Blob Storage and Key Vault.
The verdict of each case is that of Microsoft's pages and of what the components need.
"""

import logging
import pathlib
import unittest

import msal
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientAssertionCredential, WorkloadIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import ContainerClient

import server
from azure_world import AzureWorld
from space import AKS, SERVICE_ACCOUNTS, Space
from wip import Wip

# It warns of each refusal, and here most cases are refusals.
logging.getLogger("azure.identity").setLevel(logging.CRITICAL)

AUDIENCE = "api://AzureADTokenExchange"

STORAGE = "https://storage.azure.com/.default"

REFUSED = {"AuthorizationPermissionMismatch", "Forbidden"}
"""Storage, "Status and error codes"; Key Vault, "REST API error codes"."""

DOORS = {
    # name: (what the token has instead, the code that Entra refuses it with)
    "another namespace": ({"namespace": "default"}, 700213),
    "a namespace that begins the same": ({"namespace": "team-a-ctp22"}, 700213),
    "the same in capitals": ({"namespace": "TEAM-A-CTP2"}, 7002138),
    "another service account": ({"serviceAccount": "default"}, 700213),
    "another issuer": ({"issuer": "https://westeurope.oic.prod-aks.azure.com/other/"}, 700211),
    "another audience": ({"audience": "sts.amazonaws.com"}, 700212),
    "an expired token": ({"expiresIn": -3600}, 700024),
    "an unsigned token": ({"signed": "nobody"}, None),
    "a stranger's signature": ({"signed": "stranger"}, 700027),
}
"""Entra docs, "Microsoft Entra authentication and authorization error codes"; of an unsigned token they say nothing."""

BLOBS = [("acmebackups", "backups"), ("acmebackups", "other"), ("acmebilling", "usage")]

REACH = {
    # identity: the container that it may use, and whether it may read secrets
    "backup": (("acmebackups", "backups"), False),
    "billing": (("acmebilling", "usage"), False),
    "sharedSecrets": (None, True),
}


class Data(unittest.TestCase):
    def where(self, rbac: bool) -> None:
        """Everything applied; `rbac`: whether role assignments decide in the vault."""
        self.space = Space.at(AKS)
        self.world = AzureWorld(server.Sandbox(), self.space)
        self.addCleanup(self.world.stop)
        self.world.seed(rbac)
        wip = Wip(self.world)
        self.addCleanup(wip.close)
        wip.write(self.space)
        wip.run("apply", "--auto-approve")
        self.world.storage.blob_containers.create("data", "acmebackups", "other", {})

    def token(self, identity: str, **changes: object) -> str:
        """A token of a pod of the identity, in the last control plane of the file."""
        wish = {
            "issuer": self.world.credentials(identity)[0].issuer,
            "namespace": self.space.namespaces()[-1],
            "serviceAccount": SERVICE_ACCOUNTS[identity],
            "audience": [AUDIENCE],
        }
        return self.world.ask("token", wish | changes)["token"]

    def pod(self, identity: str, **changes: object) -> WorkloadIdentityCredential:
        """As the webhook of Azure Workload Identity sets a pod up: a file with the token, tenant and client id."""
        file = pathlib.Path(self.world.sandbox.folder) / f"token-{identity}"
        file.write_text(self.token(identity, **changes))
        return WorkloadIdentityCredential(token_file_path=str(file), **self.as_client(identity))

    def as_client(self, identity: str) -> dict:
        return {
            "tenant_id": self.world.tenant,
            "client_id": self.world.identity(identity).client_id,
            "authority": f"{self.world.front.endpoint}/_azure/login",
            "disable_instance_discovery": True,
            **self.wire(),
        }

    def wire(self) -> dict:
        return {"connection_verify": str(self.world.front.certificate), "retry_total": 0}

    def test_who_gets_a_token(self) -> None:
        self.where(rbac=True)
        for identity in SERVICE_ACCOUNTS:
            self.assertTrue(self.pod(identity).get_token(STORAGE).token)
            for door, (changes, code) in DOORS.items():
                with self.subTest(f"{identity}: {door}"):
                    with self.assertRaises(ClientAuthenticationError) as refused:
                        self.pod(identity, **changes).get_token(STORAGE)
                    if code:
                        self.assertIn(f"AADSTS{code}:", refused.exception.message)
        with self.assertRaises(ClientAuthenticationError):
            WorkloadIdentityCredential(
                token_file_path=str(self.world.sandbox.folder / "token-backup"), **self.as_client("billing")
            ).get_token(STORAGE)

    def test_three_clients_get_it(self) -> None:
        self.where(rbac=True)
        as_client = self.as_client("backup")
        by_identity = ClientAssertionCredential(func=lambda: self.token("backup"), **as_client)
        self.assertTrue(by_identity.get_token(STORAGE).token)
        session = requests.Session()
        # A bundle that the environment names would be taken first.
        session.trust_env = False
        session.verify = str(self.world.front.certificate)
        by_msal = msal.ConfidentialClientApplication(
            as_client["client_id"],
            authority=f"{as_client['authority']}/{self.world.tenant}",
            client_credential={"client_assertion": self.token("backup")},
            instance_discovery=False,
            http_client=session,
        )
        self.assertEqual("Bearer", by_msal.acquire_token_for_client([STORAGE]).get("token_type"))
        self.assertTrue(self.pod("backup").get_token(STORAGE).token)

    def test_what_it_opens(self) -> None:
        self.where(rbac=True)
        self.each_reaches_its_own()

    def test_what_it_opens_where_access_policies_decide(self) -> None:
        self.where(rbac=False)
        self.each_reaches_its_own()

    def each_reaches_its_own(self) -> None:
        for identity, (own, reads_secrets) in REACH.items():
            pod = self.pod(identity)
            for account, container in BLOBS:
                url = f"{self.world.front.endpoint}/_azure/blob/{account}"
                blobs = ContainerClient(url, container, credential=pod, **self.wire())
                does = own == (account, container)
                for deed, call in {
                    "write": lambda: blobs.upload_blob("folder/a b", b"12345"),
                    "read": lambda: self.assertEqual(b"12345", blobs.download_blob("folder/a b").readall()),
                    "read a part": lambda: self.assertEqual(b"23", blobs.download_blob("folder/a b", 1, 2).readall()),
                    "list": lambda: self.assertEqual(["folder/a b"], [it.name for it in blobs.list_blobs("folder/")]),
                    "delete": lambda: blobs.delete_blob("folder/a b"),
                }.items():
                    with self.subTest(f"{identity}: {deed} {account}/{container}"):
                        self.assertEqual(does, done(call))
            secrets = SecretClient(
                f"{self.world.front.endpoint}/_azure/vault/acme-kv",
                pod,
                # The name of the vault is in the path here, and not in that of the server.
                verify_challenge_resource=False,
                **self.wire(),
            )
            for deed, call in {
                "get": lambda: self.assertEqual("found", secrets.get_secret("db").value),
                "list": lambda: self.assertEqual(["db"], [it.name for it in secrets.list_properties_of_secrets()]),
            }.items():
                with self.subTest(f"{identity}: {deed} secrets"):
                    self.assertEqual(reads_secrets, done(call))


def done(call) -> bool:
    """Whether it is done; any other failure than a refusal for want of a permission fails the test."""
    try:
        call()
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or error.error.code
        if error.status_code != 403 or code not in REFUSED:
            raise
        return False
    return True
