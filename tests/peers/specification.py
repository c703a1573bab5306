"""What Azure Resource Manager's REST specifications say of an operation, read from the clients that Microsoft generates from them.

Owns finding the operation of a request, and checking request and answer strictly: nothing unknown, nothing of a wrong type, nothing read-only sent, nothing required missing, no value outside its enumeration or pattern.
The generated code is the only form in which the packages bring the specifications, so it is read as text: templates of paths, names of models and status codes are literals in it.
Does not know wip or the sandbox.
"""

import dataclasses
import datetime
import enum
import importlib
import inspect
import re
import types
import urllib.parse

from front import Exchange

GROUPS = {
    "azure.mgmt.authorization.v2022_04_01": ["RoleAssignments", "RoleDefinitions"],
    "azure.mgmt.containerservice.v2025_05_01": ["ManagedClusters"],
    "azure.mgmt.keyvault.v2023_07_01": ["Vaults"],
    "azure.mgmt.msi.v2023_01_31": ["FederatedIdentityCredentials", "UserAssignedIdentities"],
    "azure.mgmt.resource.resources.v2025_04_01": ["ResourceGroups"],
    "azure.mgmt.resource.subscriptions.v2022_12_01": ["Subscriptions"],
    "azure.mgmt.storage": ["BlobContainers", "StorageAccounts"],
}
"""Package → the groups of operations that are read; the names of most packages say which api-version they are of."""

SIMPLE = {"str": str, "bool": bool, "int": int, "float": (int, float), "object": object}

VALUES = re.compile(r":vartype (\w+):\s+str\s+or\s+~[\w.]+\.(\w+)")
"""A member and its enumeration; where that may grow, only the words about the model name it."""

NEXT = "nextLink"
"""Required in some specifications, and yet no last page of Azure's has it."""

KEY = re.compile(r"(?<!\\)\.")
"""Between the names of nested members in a generated model; a dot in a name is escaped."""


@dataclasses.dataclass
class Operation:
    """One operation of a specification."""

    name: str
    models: types.ModuleType
    build: object
    """Makes the request as the generated client does, and refuses arguments outside their patterns."""
    template: str
    arguments: dict[str, str]
    """Name in the template → name of the argument of `build`."""
    sent: str | None
    answered: str | None
    statuses: set[int]

    def fits(self, path: str) -> dict[str, str] | None:
        """The arguments of a path of this operation; names of types in any case, as Azure reads them."""
        parts = re.split(r"\{(\w+)\}", self.template)
        pattern = "".join(
            f"(?P<{part}>{'.+' if part == 'scope' else '[^/]+'})" if at % 2 else re.escape(part)
            for at, part in enumerate(parts)
        )
        found = re.fullmatch(pattern, path, re.IGNORECASE)
        return found and {self.arguments[name]: value for name, value in found.groupdict().items()}


def operations(package: str) -> list[Operation]:
    module = importlib.import_module(f"{package}.operations")
    models = importlib.import_module(f"{package}.models")
    found = []
    for group in GROUPS[package]:
        kind = getattr(module, f"{group}Operations")
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            method = inspect.unwrap(method)
            source = inspect.getsource(method)
            built = re.search(r"(build_\w+_request)\(", source)
            if not built or name.startswith("begin_"):
                continue
            build = method.__globals__[built[1]]
            text = inspect.getsource(build)
            template = re.search(r'(?:"template_url",|_url =)\s*"([^"]+)"', text)
            if not template or template[1].startswith("/{") and template[1].count("/") == 1:
                # An operation "by id" takes any path.
                continue
            # What takes long is two functions: one asks, the other reads the answer when all is done.
            stem = name.removeprefix("_").removesuffix("_initial")
            if stem != name:
                source += inspect.getsource(inspect.unwrap(getattr(kind, f"begin_{stem}")))
            sent = re.search(r'_serialize\.body\(\s*\w+, "([^"]+)"', source)
            # Some name the model of a failure too.
            answered = re.search(r'deserialized = self\._deserialize\(\s*"([^"]+)"', source)
            [statuses] = re.findall(r"status_code not in \[([\d, ]+)\]", source)
            found.append(
                Operation(
                    f"{group}_{stem}",
                    models,
                    build,
                    template[1],
                    dict(re.findall(r'"(\w+)": _SERIALIZER\.url\(\s*"(\w+)"', text)),
                    sent and sent[1],
                    answered and answered[1],
                    {int(status) for status in statuses.split(",")},
                )
            )
    return found


class Specification:
    """All operations of `GROUPS`."""

    def __init__(self) -> None:
        self.operations = [operation for package in GROUPS for operation in operations(package)]

    def operation(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a request, and what its path says."""
        fitting = []
        for operation in self.operations:
            if (arguments := operation.fits(path)) is not None:
                if f'method="{method}"' in inspect.getsource(operation.build):
                    fitting.append((operation, arguments))
        # An extension's template takes any scope; what spells out more is meant.
        return max(fitting, key=lambda it: len(it[0].template.replace("{scope}", "")), default=None)

    def problems(self, exchange: Exchange, base: str) -> tuple[str, list[str]]:
        """The name of the operation, and what of request and answer is not as specified; `base` stands before the paths."""
        path = exchange.path.removeprefix(base)
        found = self.operation(exchange.method, path)
        if not found:
            return "", [f"no operation is {exchange.method} {path}"]
        operation, arguments = found
        check = Check(operation.models)
        says = request(operation, arguments, exchange, path)
        if exchange.sent is not None and exchange.headers.get("content-type") != "application/json":
            says.append(f"request: a body of type {exchange.headers.get('content-type')}")
        if operation.sent:
            check.value(exchange.sent, operation.sent, "request", True)
        elif exchange.sent is not None:
            check.found.append("request: a body where there is none")
        if exchange.status in operation.statuses:
            if operation.answered and exchange.status != 204:
                check.value(exchange.answered, operation.answered, "answer", False)
            elif exchange.answered is not None and not operation.answered:
                check.found.append("answer: a body where there is none")
        elif exchange.status < 400:
            check.found.append(f"answer: status {exchange.status}, not one of {sorted(operation.statuses)}")
        else:
            check.found += failure(exchange.answered)
        return operation.name, says + check.found


def request(operation: Operation, arguments: dict[str, str], exchange: Exchange, path: str) -> list[str]:
    """Compares method, path and query with what the generated client sends for the same arguments."""
    accepted = inspect.signature(operation.build).parameters
    extra = {}
    found = []
    for name, value in exchange.query.items():
        argument = name.lstrip("$").replace("-", "_")
        if argument not in accepted and name != "api-version":
            found.append(f"request: unknown parameter {name}")
        elif name != "api-version":
            extra[argument] = value
    try:
        made = operation.build(**arguments, **extra)
    except ValueError as refused:
        return [f"request: {refused}"]
    url = urllib.parse.urlsplit(made.url)
    if urllib.parse.unquote(url.path) != path:
        found.append(f"request: path {path}, and the generated client asks {urllib.parse.unquote(url.path)}")
    query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
    if query != exchange.query:
        found.append(f"request: query {exchange.query}, and the generated client asks {query}")
    return found


def failure(body: object) -> list[str]:
    """An error of Azure Resource Manager: common-types `ErrorResponse` of the specifications."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or set(body) != {"error"}:
        return ["answer: an error without `error`"]
    known = {"code", "message", "target", "details", "additionalInfo", "innererror"}
    found = [f"answer: error.{name} is unknown" for name in sorted(set(error) - known)]
    for name in ("code", "message"):
        if not isinstance(error.get(name), str) or not error[name]:
            found.append(f"answer: error.{name} is no text")
    return found


class Check:
    """What of a value is not as its model says."""

    def __init__(self, models: types.ModuleType) -> None:
        self.models = models
        self.found: list[str] = []

    def value(self, value: object, kind: str, at: str, is_request: bool) -> None:
        if kind.startswith("["):
            if not isinstance(value, list):
                self.found.append(f"{at}: no list")
                return
            for number, member in enumerate(value):
                self.value(member, kind[1:-1], f"{at}[{number}]", is_request)
        elif kind.startswith("{"):
            if not isinstance(value, dict):
                self.found.append(f"{at}: no object")
                return
            for name, member in value.items():
                self.value(member, kind[1:-1], f"{at}.{name}", is_request)
        elif kind == "iso-8601":
            self.moment(value, at)
        elif kind in SIMPLE:
            if not isinstance(value, SIMPLE[kind]) or (isinstance(value, bool) and kind not in ("bool", "object")):
                self.found.append(f"{at}: {value!r} is no {kind}")
        else:
            model = getattr(self.models, kind)
            if issubclass(model, enum.Enum):
                if value not in [member.value for member in model]:
                    self.found.append(f"{at}: {value!r} is no {kind}")
            else:
                self.model(value, model, at, is_request)

    def moment(self, value: object, at: str) -> None:
        try:
            # Python 3.10 reads neither `Z` nor seven digits after the point.
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
                raise ValueError
            datetime.datetime.fromisoformat(value[:19])
        except (TypeError, ValueError):
            self.found.append(f"{at}: {value!r} is no date and time")

    def model(self, value: object, model: type, at: str, is_request: bool) -> None:
        if not isinstance(value, dict):
            self.found.append(f"{at}: no {model.__name__}")
            return
        rules = getattr(model, "_validation", {})
        values = dict(VALUES.findall(model.__doc__))
        known: dict = {}
        for attribute, entry in model._attribute_map.items():
            *folders, last = [part.replace("\\.", ".") for part in KEY.split(entry["key"])]
            level = known
            for folder in folders:
                level = level.setdefault(folder, {})
            level[last] = (values.get(attribute, entry["type"]), rules.get(attribute, {}))
        self.members(value, known, at, is_request)

    def members(self, value: dict, known: dict, at: str, is_request: bool) -> None:
        for name in sorted(set(value) - set(known)):
            self.found.append(f"{at}.{name}: unknown")
        for name, entry in known.items():
            here = f"{at}.{name}"
            if isinstance(entry, dict):
                inner = value.get(name, {})
                if isinstance(inner, dict):
                    self.members(inner, entry, here, is_request)
                else:
                    self.found.append(f"{here}: no object")
                continue
            kind, rules = entry
            read_only = rules.get("readonly", False)
            if not is_request and not rules.get("required") and value.get(name, "") is None:
                # Azure says so of what is not set, and its clients read it as absent.
                continue
            if name not in value:
                if rules.get("required") and name != NEXT and not (is_request and read_only):
                    self.found.append(f"{here}: missing")
                continue
            if is_request and read_only:
                self.found.append(f"{here}: read-only")
            self.value(value[name], kind, here, is_request)
            self.bounds(value[name], rules, here)

    def bounds(self, value: object, rules: dict, at: str) -> None:
        if isinstance(value, str):
            if "pattern" in rules and not re.search(rules["pattern"], value):
                self.found.append(f"{at}: {value!r} is not like {rules['pattern']}")
        if isinstance(value, (str, list)):
            most, least = ("max_length", "min_length") if isinstance(value, str) else ("max_items", "min_items")
            if len(value) > rules.get(most, len(value)) or len(value) < rules.get(least, 0):
                self.found.append(f"{at}: of length {len(value)}")
