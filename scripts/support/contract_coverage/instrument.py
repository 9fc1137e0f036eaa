"""Puts marks into Solidity sources: before every statement, and around every condition.

The compiler's own syntax tree says where they go. The marked text has the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.support.contract_coverage.places import Kind, Place

Node = Mapping[str, Any]

LONGEST_TEXT = 80

_STATEMENTS = frozenset(
    {
        "Break",
        "Continue",
        "DoWhileStatement",
        "EmitStatement",
        "ExpressionStatement",
        "ForStatement",
        "IfStatement",
        "InlineAssembly",
        "PlaceholderStatement",
        "Return",
        "RevertStatement",
        "TryStatement",
        "VariableDeclarationStatement",
        "WhileStatement",
    }
)
_BLOCKS = frozenset({"Block", "UncheckedBlock"})
_CONDITIONS = frozenset(
    {"IfStatement", "WhileStatement", "DoWhileStatement", "ForStatement", "Conditional"}
)


@dataclass
class Instrumented:
    """A source with its marks; places are appended to a list that all sources share.

    Attributes:
        file: its name.
        source: its text as the compiler counts it: bytes.
        places: all places so far.
    """

    file: str
    source: bytes
    places: list[Place]
    _insertions: list[tuple[int, int, int, bytes]] = field(default_factory=list)

    def mark(self, tree: Node) -> bytes:
        """The source with marks by its syntax tree, and the import of what they call."""
        for node in _nodes(tree):
            if node["nodeType"] in ("FunctionDefinition", "ModifierDefinition") and node.get(
                "body"
            ):
                self._function(node)
        pragma = next(n for n in tree["nodes"] if n["nodeType"] == "PragmaDirective")
        self._insert(_end(pragma), 1, 0, b' import {Coverage} from "Coverage.sol";')
        result, last = bytearray(), 0
        for position, _, _, text in sorted(self._insertions, key=lambda entry: entry[:3]):
            result += self.source[last:position] + text
            last = position
        return bytes(result + self.source[last:])

    def _insert(self, position: int, side: int, depth: int, text: bytes) -> None:
        # What closes comes before what opens; of those that open the outer one first, of those
        # that close the inner one.
        self._insertions.append((position, side, depth if side else -depth, text))

    def _place(self, kind: Kind, node: Node, outcome: bool | None = None) -> int:
        start = _start(node)
        text = self.source[start : _end(node)].decode().split("\n")[0]
        line = self.source.count(b"\n", 0, start) + 1
        self.places.append(Place(kind, self.file, line, text[:LONGEST_TEXT].strip(), outcome))
        return len(self.places) - 1

    def _function(self, function: Node) -> None:
        place = self._place(Kind.FUNCTION, function)
        self._insert(_start(function["body"]) + 1, 1, 0, b" Coverage.hit(%d);" % place)
        self._walk(function["body"], 1)

    def _walk(self, node: Node, depth: int) -> None:
        kind = node["nodeType"]
        if kind == "InlineAssembly":
            return
        if kind in _BLOCKS:
            for statement in node["statements"]:
                self._statement(statement, depth)
        elif kind in _CONDITIONS and node.get("condition"):
            self._condition(Kind.BRANCH, node["condition"], depth)
        elif _is_logical(node):
            for operand in (node["leftExpression"], node["rightExpression"]):
                if not _is_logical(operand):
                    self._condition(Kind.OPERAND, operand, depth)
        for name in ("trueBody", "falseBody", "body"):
            if kind in _STATEMENTS and node.get(name):
                self._body(node[name], depth)
        for child in _children(node):
            is_done = kind in _BLOCKS or (
                kind in _STATEMENTS
                and any(child is node.get(name) for name in ("trueBody", "falseBody", "body"))
            )
            if not is_done:
                self._walk(child, depth + 1)

    def _statement(self, statement: Node, depth: int) -> None:
        if statement["nodeType"] in _STATEMENTS:
            place = self._place(Kind.STATEMENT, statement)
            self._insert(_start(statement), 1, depth, b"Coverage.hit(%d); " % place)
        self._walk(statement, depth + 1)

    def _body(self, body: Node, depth: int) -> None:
        """What an `if` or a loop does: a block, or one statement that becomes a block."""
        if body["nodeType"] in _BLOCKS:
            self._walk(body, depth + 1)
            return
        place = self._place(Kind.STATEMENT, body)
        self._insert(_start(body), 1, depth, b"{ Coverage.hit(%d); " % place)
        self._insert(self._full_end(body), 0, depth, b" }")
        self._walk(body, depth + 1)

    def _condition(self, kind: Kind, expression: Node, depth: int) -> None:
        place = self._place(kind, expression, True)
        self._place(kind, expression, False)
        self._insert(_start(expression), 1, depth, b"Coverage.branch(")
        self._insert(_end(expression), 0, depth, b", %d)" % place)

    def _full_end(self, statement: Node) -> int:
        """Where a statement ends, its semicolon included."""
        last = statement.get("falseBody") or statement.get("trueBody") or statement.get("body")
        if last:
            return self._full_end(last)
        end = _end(statement)
        if statement["nodeType"] in _BLOCKS or self.source[end - 1 : end] == b";":
            return end
        return self.source.index(b";", end) + 1


def _is_logical(node: Node) -> bool:
    return node["nodeType"] == "BinaryOperation" and node["operator"] in ("&&", "||")


def _start(node: Node) -> int:
    return int(node["src"].split(":")[0])


def _end(node: Node) -> int:
    start, length, _ = node["src"].split(":")
    return int(start) + int(length)


def _children(node: Node) -> Iterator[Node]:
    for value in node.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, Mapping) and "nodeType" in child:
                yield child


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _nodes(child)
