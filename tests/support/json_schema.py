"""A validator for the part of JSON Schema (2020-12) that the project's schemas use.

Small, so that the tests need no package. A keyword it does not know is an error in the schema, never
passed over.
"""
import re

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
}
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description"}


class SchemaError(Exception):
    """The schema itself is wrong."""


def is_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def same(left, right):
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def object_errors(schema, value, root, path):
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}: lacks {name}"
    for name, part in value.items():
        if name in known:
            yield from errors(known[name], part, root, f"{path}.{name}")
        elif rest is False:
            yield f"{path}: has the unknown {name}"
        elif rest is not True:
            yield from errors(rest, part, root, f"{path}.{name}")


def array_errors(schema, value, root, path):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{path}: has {len(value)} items"
    if schema.get("uniqueItems") and len({repr(item) for item in value}) < len(value):
        yield f"{path}: items are not unique"
    if "items" in schema:
        for number, item in enumerate(value):
            yield from errors(schema["items"], item, root, f"{path}[{number}]")


def string_errors(schema, value, _, path):
    if len(value) < schema.get("minLength", 0):
        yield f"{path}: too short"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"


def number_errors(schema, value, _, path):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is out of range"


CHECKS = {
    dict: (object_errors, {"properties", "required", "additionalProperties"}),
    list: (array_errors, {"items", "minItems", "maxItems", "uniqueItems"}),
    str: (string_errors, {"minLength", "pattern"}),
    int: (number_errors, {"minimum", "maximum"}),
    float: (number_errors, {"minimum", "maximum"}),
}
KEYWORDS = {"$ref", "type", "enum", "const"}.union(ANNOTATIONS, *(row[1] for row in CHECKS.values()))


def errors(schema, value, root=None, path="$"):
    """What is wrong with a value, a line each."""
    root = schema if root is None else root
    unknown = set(schema) - KEYWORDS
    if unknown:
        raise SchemaError(f"{path}: unknown keywords {sorted(unknown)}")
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from errors(target, value, root, path)
    if "type" in schema and not is_type(value, schema["type"]):
        yield f"{path}: {value!r} is no {schema['type']}"
        return
    if "const" in schema and not same(schema["const"], value):
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and not any(same(choice, value) for choice in schema["enum"]):
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if type(value) in CHECKS:
        yield from CHECKS[type(value)][0](schema, value, root, path)


def paths(schema, root=None, path="$"):
    """Every property the schema tells of, as errors() names them but without numbers."""
    root = schema if root is None else root
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from paths(target, root, path)
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from paths(part, root, f"{path}.{name}")
    if "items" in schema:
        yield from paths(schema["items"], root, f"{path}[]")
