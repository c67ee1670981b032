"""One resource of a template: its properties on demand, evaluated, each of the kind asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from local.cloudformation.intrinsics import NO_VALUE, IntrinsicError, Node, Scope, merge


@dataclass
class Findings:
    """What reading a template brought to light."""

    problems: list[str] = field(default_factory=list)
    """Mistakes: the template cannot be run."""
    unsupported: list[str] = field(default_factory=list)
    """Asked for and not done here."""
    notes: list[str] = field(default_factory=list)
    """What became of references that only AWS can follow."""


class Resource:
    """A logical id with its type and properties, `Globals` merged in.

    A property is evaluated when it is asked for: what nobody needs here (a policy, an alarm) may
    refer to whatever it likes. A property that is wrong is a problem, and counts as absent.
    """

    def __init__(
        self, name: str, declaration: Mapping[str, Node], scope: Scope, findings: Findings
    ) -> None:
        self.name = name
        self.type = str(declaration.get("Type"))
        self._properties: Mapping[str, Node] = declaration.get("Properties") or {}
        self._scope = scope
        self._findings = findings

    def under(self, defaults: Node) -> "Resource":
        """The same resource with a section of `Globals` under it."""
        declaration = {"Type": self.type, "Properties": merge(defaults, self._properties)}
        return Resource(self.name, declaration, self._scope, self._findings)

    def part(self, name: str, properties: Node, kind: str = "") -> "Resource":
        """A part that has properties of its own: an event of a function, a route of an API."""
        sound = isinstance(properties, dict)
        declaration = {"Type": kind, "Properties": properties if sound else {}}
        part = Resource(f"{self.name}, {name}", declaration, self._scope, self._findings)
        if not sound:
            part.problem("it is no map")
        return part

    @property
    def keys(self) -> frozenset[str]:
        """The properties that are declared."""
        return frozenset(self._properties)

    def raw(self, key: str) -> Node:
        """A property as it is written."""
        return self._properties.get(key)

    def value(self, key: str) -> Node:
        """A property, evaluated; None if absent, or wrong."""
        if self._properties.get(key) is None:
            return None
        met = len(self._scope.unknown)
        try:
            value = self._scope.resolve(self._properties[key])
        except IntrinsicError as error:
            self.problem(f"{key}: {error}")
            return None
        if unknown := self._scope.unknown[met:]:
            self.problem(f"{key} needs {_names(unknown)}, which only AWS knows")
            return None
        return None if value is NO_VALUE else value

    def text(self, key: str) -> str | None:
        """A property that is text; a number or a truth value counts as such."""
        value = self.value(key)
        if isinstance(value, dict | list):
            self.problem(f"{key} is no text")
            return None
        if isinstance(value, bool):
            return str(value).lower()
        return None if value is None else str(value)

    def number(self, key: str, *, least: int, most: int) -> int | None:
        """A property that is a whole number within AWS's bounds."""
        value = self.value(key)
        if value is None:
            return None
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            self.problem(f"{key} is {value!r}, not a whole number")
            return None
        if not least <= number <= most:
            self.problem(f"{key} is {number}; AWS takes {least} to {most}")
            return None
        return number

    def flag(self, key: str, *, otherwise: bool) -> bool:
        """A property that is true or false."""
        value = self.value(key)
        if value is None:
            return otherwise
        if str(value).lower() not in {"true", "false"}:
            self.problem(f"{key} is {value!r}, neither true nor false")
        return str(value).lower() == "true"

    def mapping(self, key: str) -> Mapping[str, Node]:
        """A property that is a map, as it is written but for its conditions; empty if absent."""
        try:
            value = self._scope.chosen(self._properties.get(key))
            if value is None or value is NO_VALUE:
                return {}
            if isinstance(value, dict):
                entries = ((name, self._scope.chosen(entry)) for name, entry in value.items())
                return {name: entry for name, entry in entries if entry is not NO_VALUE}
        except IntrinsicError as error:
            self.problem(f"{key}: {error}")
            return {}
        self.problem(f"{key} is no map")
        return {}

    def variable(self, key: str) -> str:
        """A property that is an environment variable's value: empty, with a note, if unknown."""
        met = len(self._scope.unknown)
        try:
            value = self._scope.resolve(self._properties[key])
        except IntrinsicError as error:
            self.problem(f"{key}: {error}")
            return ""
        if unknown := self._scope.unknown[met:]:
            self._findings.notes.append(
                f"{self.name}: {key} is empty: only AWS knows {_names(unknown)}"
            )
            return ""
        if isinstance(value, dict | list):
            self.problem(f"{key} is no text")
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    def problem(self, sentence: str) -> None:
        """Take note of a mistake in this resource."""
        self._findings.problems.append(f"{self.name}: {sentence}")

    def unsupported(self, sentence: str) -> None:
        """Take note of something that this resource asks for and the emulator does not do."""
        self._findings.unsupported.append(f"{self.name}: {sentence}")

    def refuse(self, keys: Iterable[str]) -> None:
        """Name the declared properties that the emulator does not act upon."""
        for key in sorted(self.keys & frozenset(keys)):
            self.unsupported(f"{key} is not acted upon")


def _names(references: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(references))
