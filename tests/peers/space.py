"""Reading an example's Space file in Python, independently of wip.

Owns what the stories must know beforehand: what the file takes for granted, and which subjects it trusts.
Does not check the file; that is wip's work.
"""

import copy
import pathlib
import uuid

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]

AKS = ROOT / "examples/aks/space.yaml"
"""A Space on AKS with all three components."""

SERVICE_ACCOUNTS = {
    "backup": "mxp-controller",
    "billing": "vector",
    "sharedSecrets": "external-secrets-controller",
}
"""Upbound docs, workload identity guides: the service account of each component."""


class Space:
    def __init__(self, document: dict) -> None:
        self.document = document
        self.spec = document["spec"]
        self.name = document["metadata"]["name"]

    @staticmethod
    def example(name: str) -> "Space":
        return Space.at(ROOT / "examples" / name / "space.yaml")

    @staticmethod
    def at(path: pathlib.Path) -> "Space":
        return Space(yaml.safe_load(path.read_text()))

    def copy(self) -> "Space":
        return Space(copy.deepcopy(self.document))

    def write(self, path: pathlib.Path) -> None:
        path.write_text(yaml.safe_dump(self.document, sort_keys=False))

    # What the file takes for granted.

    def eks_clusters(self) -> list[dict]:
        return [cluster["eks"] for cluster in self.spec["clusters"] if "eks" in cluster]

    def s3_access(self) -> list[dict]:
        access = [entry for identity in self.spec["identities"].values() for entry in identity["access"]]
        return [entry["s3"] for entry in access + self.spec.get("buckets", []) if "s3" in entry]

    def buckets(self) -> dict[str, dict]:
        """Name → an `s3` entry of the file that names it."""
        return {entry["bucket"]: entry for entry in self.s3_access()}

    def keys(self) -> list[str]:
        """The ARNs of all KMS keys in the file, sorted."""
        found = {key["arn"] for key in self.spec.get("kmsKeys", [])}
        for identity in self.spec["identities"].values():
            for entry in identity["access"]:
                for details in entry.values():
                    found.update(details.get("kmsKeys", []))
                    found.update(filter(None, [details.get("kmsKey")]))
        return sorted(found)

    def replace_text(self, old: str, new: str) -> None:
        """Replaces a string value wherever the file has it (a key's ARN that the server chose)."""

        def walk(value):
            if isinstance(value, dict):
                return {key: walk(inner) for key, inner in value.items()}
            if isinstance(value, list):
                return [walk(inner) for inner in value]
            return new if value == old else value

        self.__init__(walk(self.document))

    # What the file means.

    def role_name(self, identity: str) -> str:
        return self.spec["identities"][identity].get("role", {}).get("name", f"{self.name}-{identity}")

    def exact_identities(self) -> dict[str, str]:
        """Identity → service account, of those that trust every control plane one by one."""
        found = {}
        for name, identity in self.spec["identities"].items():
            service_account = SERVICE_ACCOUNTS.get(identity.get("component", name))
            narrowed = "controlPlanes" in identity or "clusters" in identity
            if service_account and not narrowed and identity.get("trust", "exact") == "exact":
                found[name] = service_account
        return found

    def namespaces(self) -> list[str]:
        return [plane.get("hostNamespace") or f"mxp-{plane['id']}-system" for plane in self.spec["controlPlanes"]]

    def subjects(self, identity: str) -> set[str]:
        """What the role of an exact identity must trust: one subject for each control plane."""
        service_account = self.exact_identities()[identity]
        return {subject(namespace, service_account) for namespace in self.namespaces()}

    def add_control_plane(self, name: str) -> str:
        """Adds one with an id that derives from the name; returns its host namespace."""
        identifier = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{self.name}.example.org"))
        plane = {"group": "default", "name": name, "id": identifier}
        if len(self.spec["clusters"]) > 1:
            plane["cluster"] = self.spec["clusters"][0]["name"]
        self.spec["controlPlanes"].append(plane)
        return f"mxp-{identifier}-system"


def subject(namespace: str, service_account: str) -> str:
    return f"system:serviceaccount:{namespace}:{service_account}"
