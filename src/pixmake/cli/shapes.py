"""CLI room: what the schemas of --json documents are put together from: values, records, and parts that several share."""

from __future__ import annotations

from typing import get_args

from pixmake.plan.entries import State

Schema = dict[str, object]
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MAP: Schema = {"type": "object"}
USD: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?$", "description": "USD as decimal text"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
STATE: Schema = {"enum": list(get_args(State))}
EXIT: Schema = {"enum": [0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 130]}


def maybe(schema: Schema) -> Schema:
    """`schema`, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def record(**fields: Schema) -> Schema:
    """An object with exactly these fields; a trailing underscore is not part of a name, a leading one says: not always."""
    names = {name.strip("_"): schema for name, schema in fields.items()}
    required = [name.strip("_") for name in fields if not name.startswith("_")]
    return {"type": "object", "properties": names, "required": required, "additionalProperties": False}


def by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


STEP: Schema = maybe({"type": "integer", "minimum": 0})
PLACE = maybe(record(file=TEXT, line=COUNT, column=COUNT))
NOTE = record(message=TEXT, place=maybe(TEXT))
PROBLEM = record(
    code=TEXT,
    severity={"enum": ["error", "warning"]},
    message=TEXT,
    place=PLACE,
    row=maybe(TEXT),
    asset=maybe(TEXT),
    help=maybe(TEXT),
    notes=listed(NOTE),
)
COST = maybe(record(low=USD, high=USD))
ENTRY: dict[str, Schema] = {
    "asset": TEXT,
    "profile": maybe(TEXT),
    "step": STEP,
    "state": STATE,
    "reason": TEXT,
    "causes": listed(TEXT),
    "key": maybe(DIGEST),
    "images": COUNT,
    "requests": COUNT,
    "cost": COST,
    "outputs": listed(TEXT),
    "pending": FLAG,
    "turn": maybe({"enum": ["conversation", "bytes"]}),
}
TOTALS = record(images=COUNT, requests=COUNT, cost=record(low=USD, high=USD), unpriced=COUNT, by_state=by_name(COUNT))
OFFER = maybe(record(images=COUNT, live=record(low=USD, high=USD), cost=record(low=USD, high=USD)))
"""What could go by batch."""
COLLECTED = record(images=COUNT, spent=USD)
"""What came of batches that had been handed in before."""
SETTLED = record(_low=USD, _high=USD, settled=maybe(USD))


CHECK = record(name=TEXT, state={"enum": ["ok", "warning", "error"]}, message=TEXT, help=maybe(TEXT))
"""One line of `doctor`."""
CALL = record(intent=TEXT, images=COUNT, price=maybe(USD), time=TEXT, message=maybe(TEXT))
"""A call without a usable answer, at its step."""
CANDIDATE = record(
    number={"type": "integer", "minimum": 1},
    digest=DIGEST,
    picked=FLAG,
    source=TEXT,
    width=maybe(COUNT),
    height=maybe(COUNT),
    cost=maybe(USD),
    time=maybe(TEXT),
    file=maybe(TEXT),
)
