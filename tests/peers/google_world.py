"""What Google Cloud holds before and after a run, through the clients that Google writes.

Owns seeding what a Space file takes for granted, the environment of wip, and the clients.
The sandbox is the only server there is for most of it; where another one has a part, that part is asked of it.
"""

import dataclasses
import json
import re
import urllib.request

from google.auth import identity_pool
from google.cloud import storage
from google.oauth2.credentials import Credentials
from googleapiclient import discovery

import server
from discovery import DOCUMENTS
from front import Front
from space import Space

TOKEN = "sandbox:operator@sandbox.example.com"

OVERRIDES = {
    "cloudresourcemanager": "CLOUDRESOURCEMANAGER",
    "container": "CONTAINER",
    "gcpiam": "IAM",
    "secretmanager": "SECRETMANAGER",
    "storage": "STORAGE",
}
"""Service → what gcloud's property of its endpoint is called."""

NUMBER = 731209007075
"""Of the project of both examples; one of them says it."""


@dataclasses.dataclass
class Route:
    """What is asked of another server: a pattern of targets, and what they are there."""

    pattern: str
    there: server.Server
    target: str


class Routed(Front):
    """A front before the sandbox that passes some of it to other servers."""

    def __init__(self, running: server.Sandbox, routes: list[Route]) -> None:
        super().__init__(running.endpoint, running.folder, tls=False)
        self.routes = [
            (route.pattern, Front(route.there.endpoint, running.folder, tls=False), route.target) for route in routes
        ]

    def pass_on(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, list, bytes]:
        for pattern, there, other in self.routes:
            if re.match(pattern, target):
                return there.pass_on(method, re.sub(pattern, other, target), headers, body)
        return super().pass_on(method, target, headers, body)

    def stop(self) -> None:
        for _, there, _ in self.routes:
            there.stop()
        super().stop()


class GoogleWorld:
    def __init__(self, running: server.Sandbox, space: Space, routes: list[Route] = []) -> None:
        """`routes`: what goes to servers that others wrote."""
        self.space = space
        [self.cluster] = [cluster["gke"] for cluster in space.spec["clusters"]]
        self.project = self.cluster["project"]
        self.sandbox = running
        self.near = Routed(running, routes)
        """What passes here is wip's."""
        self.front = Routed(running, routes)
        """What passes here is the clients'."""
        token = running.folder / "token"
        token.write_text(TOKEN)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "NO_COLOR": "1",
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        }
        for service, name in OVERRIDES.items():
            url = f"{self.near.endpoint}/_gcp/{service}/"
            self.environment[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}"] = url
        self.storage = self.storage_client(Credentials(TOKEN))

    def stop(self) -> None:
        self.near.stop()
        self.front.stop()
        self.sandbox.stop()

    def endpoint(self, service: str) -> str:
        return f"{self.front.endpoint}/_gcp/{service}"

    def client(self, service: str, credentials: object = None):
        """The client that Google's library makes of a discovery document."""
        name, version = DOCUMENTS[service]
        # Of this one the library leaves out what stands before every path.
        below = "/storage/v1/" if service == "storage" else ""
        return discovery.build(
            name,
            version,
            credentials=credentials or Credentials(TOKEN),
            client_options={"api_endpoint": self.endpoint(service) + below},
            static_discovery=True,
        )

    def storage_client(self, credentials: object) -> storage.Client:
        options = {"api_endpoint": self.endpoint("storage")}
        return storage.Client(project=self.project, credentials=credentials, client_options=options)

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

    def seed(self) -> None:
        """Makes what the file takes for granted."""
        here = {"project": self.project}
        secrets = {name for entry in self.access("secretManager") for name in entry.get("secrets", [])}
        google = {
            "projects": [{"id": self.project, "number": NUMBER}],
            "clusters": [here | {"location": self.cluster["location"], "name": self.cluster["cluster"]}],
            "buckets": [here | {"name": name, "objects": {"one": "1"}} for name in self.missing_buckets()],
            "secrets": [here | {"name": name, "value": "found"} for name in sorted(secrets | {"apps-db"})],
        }
        self.ask("seed", {"google": google})

    def missing_buckets(self) -> list[str]:
        """Those that the file names and that wip does not make."""
        made = {entry["gcsBucket"]["bucket"] for entry in self.space.spec.get("buckets", [])}
        return sorted({entry["bucket"] for entry in self.access("gcsBucket")} - made)

    def access(self, kind: str) -> list[dict]:
        identities = self.space.spec["identities"].values()
        return [entry[kind] for identity in identities for entry in identity["access"] if kind in entry]

    # After it.

    def bindings(self, policy: dict) -> dict[tuple[str, str], set[str]]:
        """Role and expression of the condition → members, of however many bindings."""
        found: dict[tuple[str, str], set[str]] = {}
        for it in policy.get("bindings", []):
            key = (it["role"], it.get("condition", {}).get("expression", ""))
            found.setdefault(key, set()).update(it["members"])
        return found

    def bucket(self, name: str) -> dict:
        """The bindings of a bucket, as the client for Cloud Storage reads them."""
        policy = self.storage.bucket(name).get_iam_policy(requested_policy_version=3)
        return self.bindings({"bindings": [it | {"members": list(it["members"])} for it in policy.bindings]})

    def secret(self, name: str) -> dict:
        secrets = self.client("secretmanager").projects().secrets()
        resource = f"projects/{self.project}/secrets/{name}"
        asked = secrets.getIamPolicy(resource=resource, options_requestedPolicyVersion=3)
        return self.bindings(asked.execute())

    def of_project(self) -> dict:
        projects = self.client("cloudresourcemanager").projects()
        body = {"options": {"requestedPolicyVersion": 3}}
        return self.bindings(projects.getIamPolicy(resource=f"projects/{self.project}", body=body).execute())

    def email(self, account: str) -> str:
        return f"{account}@{self.project}.iam.gserviceaccount.com"

    def account(self, email: str) -> dict:
        accounts = self.client("gcpiam").projects().serviceAccounts()
        return accounts.get(name=f"projects/{self.project}/serviceAccounts/{email}").execute()

    def of_account(self, email: str) -> dict:
        accounts = self.client("gcpiam").projects().serviceAccounts()
        resource = f"projects/{self.project}/serviceAccounts/{email}"
        asked = accounts.getIamPolicy(resource=resource, options_requestedPolicyVersion=3)
        return self.bindings(asked.execute())

    # As a workload.

    def kubernetes_token(self, namespace: str, account: str) -> str:
        """A token as the cluster mints it."""
        wish = {"issuer": self.issuer(), "namespace": namespace, "serviceAccount": account}
        return self.ask("token", wish | {"audience": [f"{self.project}.svc.id.goog"]})["token"]

    def issuer(self) -> str:
        at = f"projects/{self.project}/locations/{self.cluster['location']}/clusters/{self.cluster['cluster']}"
        return f"https://container.googleapis.com/v1/{at}"

    def workload(self, token: str, email: str | None) -> identity_pool.Credentials:
        """The credentials of a pod with that token, as Google's library for them makes them; of a service account, where one is named."""
        file = self.sandbox.folder / "workload-token"
        file.write_text(token)
        acts = f"{self.endpoint('iamcredentials')}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        return identity_pool.Credentials(
            audience=f"identitynamespace:{self.project}.svc.id.goog:{self.issuer()}",
            subject_token_type="urn:ietf:params:oauth:token-type:jwt",
            token_url=f"{self.endpoint('gcpsts')}/v1/token",
            credential_source={"file": str(file)},
            service_account_impersonation_url=acts if email else None,
            scopes=["https://www.googleapis.com/auth/cloud-platform"],
        )
