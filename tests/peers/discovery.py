"""What Google's discovery documents say of a method, as `google-api-python-client` brings them.

Owns finding the method of a request, and checking request and answer strictly: nothing unknown, nothing of a wrong type, nothing read-only sent, nothing required missing, no value outside its enumeration or pattern.
Does not know wip or the sandbox.
"""

import base64
import binascii
import dataclasses
import functools
import json
import re

from googleapiclient.discovery_cache import get_static_doc

from front import Exchange

DOCUMENTS = {
    "cloudresourcemanager": ("cloudresourcemanager", "v3"),
    "container": ("container", "v1"),
    "gcpiam": ("iam", "v1"),
    "gcpsts": ("sts", "v1"),
    "iamcredentials": ("iamcredentials", "v1"),
    "secretmanager": ("secretmanager", "v1"),
    "storage": ("storage", "v1"),
}
"""What stands before a path → the API and its version."""

EVERYWHERE = {"alt", "prettyPrint", "uploadType"}
"""Of the parameters that all methods take, those that anybody here uses."""

NUMBERS = {"int64": 63, "uint64": 64}
"""Format of a text that is a number → its bits without the sign."""


@dataclasses.dataclass
class Method:
    """One method of an API."""

    name: str
    """Without the API, and without what its resource is within: `serviceAccounts.get`."""
    document: dict
    says: dict
    template: str
    is_media: bool

    @functools.cached_property
    def pattern(self) -> re.Pattern:
        parts = re.split(r"\{\+?(\w+)\}", self.template)
        return re.compile("".join("([^/:]+|[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))

    def fits(self, exchange: Exchange, path: str) -> bool:
        return exchange.method == self.says["httpMethod"] and self.pattern.fullmatch(path) is not None

    def names(self, path: str) -> dict[str, str]:
        """What the path says of its parameters, as they are written in a call: several parts of a path may be one."""
        template = self.document["servicePath"] + self.says["path"]
        parts = re.split(r"\{(\+?)(\w+)\}", template)
        pattern, names = "", []
        for at, part in enumerate(parts):
            match at % 3:
                case 0:
                    pattern += re.escape(part)
                case 1:
                    pattern += "(.+)" if part else "([^/]+)"
                case 2:
                    names.append(part)
        found = re.fullmatch(pattern, path)
        return dict(zip(names, found.groups())) if found else {}


def methods(document: dict, resources: dict):
    for resource in resources.values():
        for says in resource.get("methods", {}).values():
            name = ".".join(says["id"].removeprefix(f"{document['name']}.").split(".")[-2:])
            yield Method(name, document, says, document["servicePath"] + says.get("flatPath", says["path"]), False)
            for protocol, upload in says.get("mediaUpload", {}).get("protocols", {}).items():
                if protocol == "simple":
                    yield Method(name, document, says, upload["path"].lstrip("/"), True)
            if says.get("useMediaDownloadService"):
                yield Method(name, document, says, f"download/{document['servicePath']}{says['path']}", True)
        yield from methods(document, resource.get("resources", {}))


class Discovery:
    """All methods of `DOCUMENTS`."""

    def __init__(self) -> None:
        self.methods = {}
        for service, (name, version) in DOCUMENTS.items():
            document = json.loads(get_static_doc(name, version))
            self.methods[service] = list(methods(document, document["resources"]))

    def method(self, exchange: Exchange) -> tuple[str, Method | None]:
        """The service of a request of the sandbox, and the method; the one whose template spells out most."""
        _, _, service, path = exchange.path.split("/", 3)
        fitting = [method for method in self.methods.get(service, []) if method.fits(exchange, path)]
        return service, max(fitting, key=lambda it: len(re.sub(r"\{\+?\w+\}", "", it.template)), default=None)

    def problems(self, exchange: Exchange) -> tuple[str, list[str]]:
        """Service and method, and what of request and answer is not as said."""
        service, method = self.method(exchange)
        if not method:
            return service, [f"no method is {exchange.method} {exchange.path}"]
        check = Check(method)
        says = method.says
        path = exchange.path.split("/", 3)[3]
        check.parameters(exchange.query, path)
        sent = says.get("request", {}).get("$ref")
        if method.is_media:
            how = exchange.query.get("alt" if exchange.method == "GET" else "uploadType")
            check.expect(how in ("media", "multipart"), "request: no media")
        elif exchange.sent is not None and not sent:
            check.found.append("request: a body where there is none")
        elif sent:
            kind = exchange.headers.get("content-type", "").partition(";")[0]
            # RFC 8693 has the same members in a form.
            check.expect(kind == "application/json" or service == "gcpsts", f"request: a body of type {kind}")
            if kind == "application/json":
                check.value(exchange.sent, {"$ref": sent}, "request", True)
        if exchange.status >= 400:
            check.failure(service, exchange)
        elif exchange.status == 204:
            check.expect("response" not in says and exchange.answered is None, "answer: none where there is one")
        elif exchange.status != 200:
            check.found.append(f"answer: status {exchange.status}")
        elif exchange.query.get("alt") == "media":
            check.expect(says.get("supportsMediaDownload", False), "answer: media where there is none")
        elif answered := says.get("response", {}).get("$ref"):
            check.value(exchange.answered, {"$ref": answered}, "answer", False)
        else:
            check.found.append("answer: one where there is none")
        return f"{service}:{method.name}", check.found


class Check:
    """What of an exchange is not as its method says."""

    def __init__(self, method: Method) -> None:
        self.schemas = method.document["schemas"]
        self.method = method
        self.found: list[str] = []

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.found.append(otherwise)

    def parameters(self, query: dict[str, str], path: str) -> None:
        known = {name: it for name, it in self.method.document["parameters"].items() if name in EVERYWHERE}
        known |= self.method.says.get("parameters", {})
        given = query | ({} if self.method.is_media else self.method.names(path))
        for name, value in given.items():
            if name in known:
                self.text(value, known[name], f"request: parameter {name}")
            else:
                self.found.append(f"request: unknown parameter {name}")
        for name, it in known.items():
            is_path = it.get("location") == "path"
            if it.get("required") and name not in given and not (is_path and self.method.is_media):
                self.found.append(f"request: no parameter {name}")

    def text(self, value: str, says: dict, at: str) -> None:
        """A value as it stands in a URL."""
        match says["type"]:
            case "integer":
                self.expect(re.fullmatch(r"-?\d+", value) is not None, f"{at}: {value!r} is no integer")
            case "boolean":
                self.expect(value in ("true", "false"), f"{at}: {value!r} is no boolean")
            case _:
                self.of_text(value, says, at)

    def of_text(self, value: str, says: dict, at: str) -> None:
        if "pattern" in says and not re.fullmatch(says["pattern"], value):
            self.found.append(f"{at}: {value!r} is not like {says['pattern']}")
        if "enum" in says and value not in says["enum"]:
            self.found.append(f"{at}: {value!r} is none of {says['enum']}")
        kind = says.get("format", "")
        if kind in NUMBERS:
            least = 0 if kind == "uint64" else -(2**63)
            fits = re.fullmatch(r"-?\d+", value) and least <= int(value) < 2 ** NUMBERS[kind]
            self.expect(bool(fits), f"{at}: {value!r} is no {kind}")
        elif kind == "byte":
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                self.found.append(f"{at}: {value!r} is no base64")
        elif kind in ("google-datetime", "date-time"):
            moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
            self.expect(re.fullmatch(moment, value) is not None, f"{at}: {value!r} is no date and time")

    def value(self, value: object, says: dict, at: str, is_request: bool) -> None:
        if "$ref" in says:
            says = self.schemas[says["$ref"]]
        match says["type"]:
            case "any":
                pass
            case "object" if not isinstance(value, dict):
                self.found.append(f"{at}: no object")
            case "object":
                self.members(value, says, at, is_request)
            case "array" if not isinstance(value, list):
                self.found.append(f"{at}: no list")
            case "array":
                for number, member in enumerate(value):
                    self.value(member, says["items"], f"{at}[{number}]", is_request)
            case "string" if not isinstance(value, str):
                self.found.append(f"{at}: {value!r} is no text")
            case "string":
                self.of_text(value, says, at)
            case "boolean":
                self.expect(isinstance(value, bool), f"{at}: {value!r} is no boolean")
            case "integer":
                is_one = isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**32
                self.expect(is_one, f"{at}: {value!r} is no integer")
            case "number":
                self.expect(isinstance(value, (int, float)) and not isinstance(value, bool), f"{at}: no number")
            case kind:
                self.found.append(f"{at}: {kind} is not known")

    def members(self, value: dict, says: dict, at: str, is_request: bool) -> None:
        known = says.get("properties", {})
        for name, member in value.items():
            inner = known.get(name) or says.get("additionalProperties")
            here = f"{at}.{name}"
            if not inner:
                self.found.append(f"{here}: unknown")
                continue
            if is_request and (inner.get("readOnly") or inner.get("description", "").startswith("Output only.")):
                self.found.append(f"{here}: read-only")
            # A label that is null is taken away (JSON merge patch, "Bucket labels"); Google's library for credentials says null for none.
            may_be_null = self.method.name.endswith((".patch", ".generateAccessToken"))
            if not (member is None and is_request and may_be_null):
                self.value(member, inner, here, is_request)
        for name, inner in known.items():
            required = self.method.says["id"] in inner.get("annotations", {}).get("required", [])
            required = required or inner.get("description", "").startswith("Required.")
            if is_request and required and name not in value:
                self.found.append(f"{at}.{name}: missing")

    def failure(self, service: str, exchange: Exchange) -> None:
        """AIP-193; "HTTP status and error codes for JSON" of Cloud Storage; RFC 6749, 5.2."""
        body = exchange.answered
        if not isinstance(body, dict):
            self.found.append("answer: an error without a body")
            return
        if service == "gcpsts":
            self.shape(body, {"error": str, "error_description": str}, "answer")
            return
        self.shape(body, {"error": dict}, "answer")
        error = body.get("error")
        if not isinstance(error, dict):
            return
        self.expect(error.get("code") == exchange.status, "answer: another code than the status")
        if service != "storage":
            self.shape(error, {"code": int, "message": str, "status": str}, "answer.error")
            return
        self.shape(error, {"code": int, "message": str, "errors": list}, "answer.error")
        for number, it in enumerate(error.get("errors") or []):
            at = f"answer.error.errors[{number}]"
            self.shape(it, {"message": str, "domain": str, "reason": str}, at)

    def shape(self, value: dict, known: dict, at: str) -> None:
        if not isinstance(value, dict):
            self.found.append(f"{at}: no object")
            return
        self.found += [f"{at}.{name} is unknown" for name in sorted(set(value) - set(known))]
        for name, kind in known.items():
            self.expect(type(value.get(name)) is kind and bool(value[name]), f"{at}.{name}: not {kind.__name__}")
