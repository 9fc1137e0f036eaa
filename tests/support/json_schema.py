"""The part of JSON Schema that the project's schemas use, checked."""

from typing import Any


def check(value: Any, rule: dict[str, Any], definitions: dict[str, Any]) -> None:
    """The part of JSON Schema that the schemas use."""
    if "$ref" in rule:
        check(value, definitions[rule["$ref"].rsplit("/", 1)[1]], definitions)
    elif "anyOf" in rule:
        assert any(passes(value, choice, definitions) for choice in rule["anyOf"]), (value, rule)
    elif "enum" in rule:
        assert value in rule["enum"]
    elif rule["type"] == "object":
        assert isinstance(value, dict)
        assert list(value) == rule["required"] == list(rule["properties"])
        for name, own in rule["properties"].items():
            check(value[name], own, definitions)
    elif rule["type"] == "array":
        assert isinstance(value, list)
        for item in value:
            check(item, rule["items"], definitions)
    else:
        kinds = {"integer": int, "string": str, "boolean": bool, "null": type(None)}
        assert type(value) is kinds[rule["type"]]


def passes(value: Any, rule: dict[str, Any], definitions: dict[str, Any]) -> bool:
    try:
        check(value, rule, definitions)
    except AssertionError:
        return False
    return True
