"""The sandbox's Microsoft Graph: every answer against the types that Microsoft generates from Graph's metadata."""

import dataclasses
import json
import re
import unittest
import urllib.error
import urllib.request

import server
from azure_world import OPERATOR
from front import Exchange, Front
from graph import Graph
from space import ROOT
from test_azure_specifications import changes

TENANT = "0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21"

SUBSCRIPTION = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11"

KINDS = {
    "applications": "Application",
    "deletedItems": "Application",
    "federatedIdentityCredentials": "FederatedIdentityCredential",
    "servicePrincipals": "ServicePrincipal",
}

CAST = "microsoft.graph.application"
"""Stands behind a collection of objects of many types, and leaves those of one."""

OPERATION = re.compile(r'"(\w+_(?:List|Create|Get|Update|Delete))" =>')

VERBS = {"POST": "Create", "PATCH": "Update", "DELETE": "Delete"}

TRUST = {"name": "one", "issuer": "https://example.org/", "subject": "a", "audiences": ["api://AzureADTokenExchange"]}


class OfGraph(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.graph = Graph()

    def setUp(self) -> None:
        running = server.Sandbox()
        self.addCleanup(running.stop)
        self.front = Front(running.endpoint, running.folder, tls=False)
        self.addCleanup(self.front.stop)
        seed = {"azure": {"subscriptions": [{"id": SUBSCRIPTION, "tenant": TENANT}]}}
        self.ask("POST", "/_sandbox/seed", seed)
        self.front.take()

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.front.endpoint + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer sandbox:{TENANT}:{OPERATOR}", "content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def v1(self, method: str, path: str, body: dict | None = None) -> dict:
        return self.ask(method, f"/_azure/graph/v1.0/{path}", body)

    def life(self) -> list[Exchange]:
        """Two applications with their principal and their credentials, from nothing to nothing."""
        made = self.v1("POST", "applications", {"displayName": "one", "tags": ["t"], "notes": "n", "description": "d"})
        own = f"applications/{made['id']}"
        self.v1("POST", "applications", {"displayName": "two", "signInAudience": "AzureADMyOrg"})
        self.v1("GET", own)
        self.v1("PATCH", own, {"displayName": "uno"})
        principal = self.v1("POST", "servicePrincipals", {"appId": made["appId"]})
        self.v1("GET", f"servicePrincipals/{principal['id']}")
        for name in ("one", "two"):
            credential = self.v1("POST", f"{own}/federatedIdentityCredentials", TRUST | {"name": name, "subject": name})
        self.v1("GET", f"{own}/federatedIdentityCredentials/{credential['id']}")
        self.v1("PATCH", f"{own}/federatedIdentityCredentials/{credential['id']}", {"subject": "b"})
        for collection in ("applications", "servicePrincipals", f"{own}/federatedIdentityCredentials"):
            self.v1("GET", collection)
            self.v1("GET", f"{collection}?$top=1")
        self.v1("DELETE", f"{own}/federatedIdentityCredentials/{credential['id']}")
        with self.assertRaises(urllib.error.HTTPError):
            self.v1("GET", f"{own}/federatedIdentityCredentials/{credential['id']}")
        self.v1("DELETE", f"servicePrincipals/{principal['id']}")
        self.v1("DELETE", own)
        self.v1("GET", f"directory/deletedItems/{CAST}")
        self.v1("GET", f"directory/deletedItems/{made['id']}")
        self.v1("DELETE", f"directory/deletedItems/{made['id']}")
        return self.front.take()

    def problems(self, exchange: Exchange) -> tuple[str, list[str]]:
        """The operation, and what of request and answer is not as the types say."""
        parts = [part for part in exchange.path.split("/") if part != CAST]
        names = [part for part in parts if part in KINDS]
        is_one = parts[-1] not in KINDS
        kind = KINDS[names[-1]]
        verb = VERBS.get(exchange.method, "Get" if is_one else "List")
        operation = f"{names[-1][0].upper()}{names[-1][1:]}_{verb}"
        found = []
        if exchange.sent is not None:
            found += self.graph.problems(exchange.sent, kind, "request")
        if exchange.status >= 400:
            found += failure(exchange.answered)
        elif exchange.status == 204 or verb in ("Update", "Delete"):
            if (exchange.status, exchange.answered) != (204, None):
                found.append("answer: more than that it is done")
        elif verb == "List":
            found += self.graph.page(exchange.answered, kind, "answer")
        else:
            found += self.graph.problems(exchange.answered, kind, "answer")
        return operation, found

    def test_answers(self) -> None:
        done = set()
        for exchange in self.life():
            operation, found = self.problems(exchange)
            self.assertEqual([], found, operation)
            if exchange.status < 400:
                done.add(operation)
        table = (ROOT / "crates/wip-sandbox/src/azure/graph/mod.rs").read_text()
        self.assertEqual(set(OPERATION.findall(table)), done)

    def test_a_mistake_is_found(self) -> None:
        # A refusal may have members that are not known here.
        for exchange in [it for it in self.life() if it.status < 400]:
            for side in ("sent", "answered"):
                for what, changed in changes(getattr(exchange, side), side):
                    operation, found = self.problems(dataclasses.replace(exchange, **{side: changed}))
                    self.assertTrue(found, f"{operation}: {what} is not noticed")


def failure(body: object) -> list[str]:
    """Graph docs, "Microsoft Graph error responses and resource types"."""
    error = body.get("error") if isinstance(body, dict) and set(body) == {"error"} else None
    if not isinstance(error, dict):
        return ["answer: an error without `error`"]
    known = {"code": str, "message": str, "innerError": dict}
    found = [f"answer: error.{name} is unknown" for name in sorted(set(error) - set(known))]
    return found + [f"answer: error.{name} is missing" for name in known if not isinstance(error.get(name), known[name])]
