"""What Microsoft Graph's metadata say of an object, read from the types for TypeScript that Microsoft generates from them.

Owns checking a JSON value strictly: nothing unknown, nothing of a wrong type, no null where there may be none.
They say neither what is required nor what is read-only, so that is not checked.
"""

import re

import server

INTERFACE = re.compile(r"^export interface (\w+)(?: extends (\w+))? \{(.*?)^\}|^export interface (\w+) \{\}", re.M | re.S)

MEMBER = re.compile(r"^\s+(\w+)\??: ([^;]+);", re.M)

WORDS = re.compile(r"^export type (\w+) =\s*([^;]+);", re.M)

SIMPLE = {"string": str, "boolean": bool, "number": (int, float)}


class Graph:
    """All types of version 1.0."""

    def __init__(self) -> None:
        text = (server.NODE_MODULES / "@microsoft/microsoft-graph-types/microsoft-graph.d.ts").read_text()
        # What follows is of call records and the like, each in a namespace of its own.
        text = text.partition("export namespace ")[0]
        self.words = {name: set(re.findall(r'"(\w+)"', values)) for name, values in WORDS.findall(text)}
        self.interfaces = {
            name or empty: (above, dict(MEMBER.findall(body))) for name, above, body, empty in INTERFACE.findall(text)
        }

    def members(self, interface: str) -> dict[str, str]:
        above, own = self.interfaces[interface]
        return (self.members(above) if above else {}) | own

    def problems(self, value: object, interface: str, at: str) -> list[str]:
        """What of an object is not as its interface says; what OData adds may stand beside."""
        if not isinstance(value, dict):
            return [f"{at}: no {interface}"]
        found = []
        members = self.members(interface)
        for name, member in value.items():
            if name in members:
                found += self.of(member, members[name], f"{at}.{name}")
            elif name in ("@odata.context", "@odata.type"):
                found += self.of(member, "string", f"{at}.{name}")
            else:
                found.append(f"{at}.{name}: unknown")
        return found

    def of(self, value: object, kind: str, at: str) -> list[str]:
        if nullable := re.fullmatch(r"NullableOption<(.+)>", kind):
            return [] if value is None else self.of(value, nullable[1], at)
        if kind.endswith("[]"):
            if not isinstance(value, list):
                return [f"{at}: no list"]
            return [it for number, inner in enumerate(value) for it in self.of(inner, kind[:-2], f"{at}[{number}]")]
        if kind in SIMPLE:
            fits = isinstance(value, SIMPLE[kind]) and (kind == "boolean" or not isinstance(value, bool))
            return [] if fits else [f"{at}: {value!r} is no {kind}"]
        if kind in self.words:
            return [] if isinstance(value, str) and value in self.words[kind] else [f"{at}: {value!r} is no {kind}"]
        return self.problems(value, kind, at)

    def page(self, value: object, interface: str, at: str) -> list[str]:
        """A page of a collection (Graph docs, "Paging Microsoft Graph data in your app")."""
        if not isinstance(value, dict) or not isinstance(value.get("value"), list):
            return [f"{at}: no page"]
        known = {"@odata.context": "string", "@odata.nextLink": "string", "@odata.count": "number"}
        found = [f"{at}.{name}: unknown" for name in value if name not in known and name != "value"]
        for name in known.keys() & value.keys():
            found += self.of(value[name], known[name], f"{at}.{name}")
        for number, member in enumerate(value["value"]):
            found += self.problems(member, interface, f"{at}[{number}]")
        return found
