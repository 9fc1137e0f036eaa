"""How much memory objects take, all that they hold included, each thing once."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType


def deep_size(roots: Iterable[object]) -> int:
    """Bytes that objects take with everything in them; classes and modules do not count."""
    seen: set[int] = set()
    stack = list(roots)
    total = 0
    while stack:
        value = stack.pop()
        if id(value) in seen or isinstance(value, type | ModuleType) or callable(value):
            continue
        seen.add(id(value))
        total += sys.getsizeof(value)
        if isinstance(value, dict):
            stack += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            stack += value
        else:
            stack += vars(value).values() if hasattr(value, "__dict__") else ()
            for kind in type(value).__mro__:
                slots = getattr(kind, "__slots__", ())
                stack += [
                    getattr(value, name)
                    for name in ((slots,) if isinstance(slots, str) else slots)
                    if hasattr(value, name) and not name.startswith("__")
                ]
    return total
