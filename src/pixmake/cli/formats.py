"""CLI room: JSON Schemas (draft 2020-12) of all that --json prints. Closed: a field that is not here is not printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixmake.cli.shapes import (
    CALL,
    CANDIDATE,
    CHECK,
    COLLECTED,
    COST,
    COUNT,
    DIGEST,
    ENTRY,
    EXIT,
    FLAG,
    MAP,
    OFFER,
    PROBLEM,
    SETTLED,
    STATE,
    STEP,
    TEXT,
    TOTALS,
    USD,
    Schema,
    by_name,
    listed,
    maybe,
    record,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _plan() -> Schema:
    made_from = record(
        version=TEXT, spec=TEXT, selectors=listed(TEXT), exclude=listed(TEXT), profile=maybe(TEXT), draft=FLAG
    )
    return record(
        profile=maybe(TEXT),
        draft=FLAG,
        entries=listed(record(**ENTRY)),
        groups=listed(record(cause=TEXT, assets=listed(TEXT), images=COUNT, cost=COST)),
        totals=TOTALS,
        batch=OFFER,
        problems=listed(PROBLEM),
        warnings=listed(PROBLEM),
        _made_from=made_from,
    )


def _build() -> Schema:
    entry = record(**ENTRY | {"cost": SETTLED, "result": TEXT, "message": maybe(TEXT)})
    return record(
        profile=maybe(TEXT),
        draft=FLAG,
        entries=listed(entry),
        totals=TOTALS,
        made=COUNT,
        written=listed(TEXT),
        spent=USD,
        reserved=USD,
        sent=record(batches=listed(maybe(TEXT)), images=COUNT, reserved=USD),
        _collected=COLLECTED,
        seconds={"type": "number", "minimum": 0},
        exit_code=EXIT,
        problems=listed(PROBLEM),
        warnings=listed(PROBLEM),
    )


def _status() -> Schema:
    step = record(step=STEP, state=STATE, reason=TEXT)
    flags = {"frozen": FLAG, "draft": FLAG}
    asset = record(asset=TEXT, state=STATE, reason=TEXT, steps=listed(step), outputs=listed(TEXT), **flags)
    call = record(
        intent=TEXT,
        asset=TEXT,
        profile=maybe(TEXT),
        step=STEP,
        key=DIGEST,
        images=COUNT,
        price=maybe(USD),
        time=TEXT,
        message=maybe(TEXT),
    )
    return record(
        profile=maybe(TEXT),
        assets=listed(asset),
        by_state=by_name(COUNT),
        drafts=COUNT,
        unknown=listed(call),
        orphans=listed(TEXT),
        originals=record(count=COUNT, without_second_copy=COUNT),
        problems=listed(PROBLEM),
    )


def _explain() -> Schema:
    entry = record(
        asset=TEXT,
        step=STEP,
        state=STATE,
        reason=TEXT,
        causes=listed(TEXT),
        key=maybe(DIGEST),
        differences=listed(record(field=TEXT, old=TEXT, new=TEXT)),
        request=maybe(MAP),
        last=maybe(MAP),
        chain=listed(record(depth=COUNT, asset=TEXT, step=STEP, state=STATE, reason=TEXT)),
        outputs=listed(record(path=TEXT, state=TEXT)),
        unknown=listed(CALL),
        frozen=FLAG,
    )
    return record(profile=maybe(TEXT), entries=listed(entry))


def _show() -> Schema:
    result = record(
        digest=DIGEST,
        media_type=TEXT,
        bytes=COUNT,
        width=maybe(COUNT),
        height=maybe(COUNT),
        cost=maybe(USD),
        usage=MAP,
        time=TEXT,
        source=TEXT,
        model=maybe(TEXT),
        request_id=maybe(TEXT),
        revised_prompt=maybe(TEXT),
        response_id=maybe(TEXT),
        file=maybe(TEXT),
    )
    step = record(
        step=COUNT,
        state=STATE,
        reason=TEXT,
        provider=TEXT,
        model=maybe(TEXT),
        key=maybe(DIGEST),
        prompt=TEXT,
        request=maybe(MAP),
        variants=listed(DIGEST),
        pick=maybe(DIGEST),
        results=listed(result),
        refusals=listed(record(message=TEXT, time=TEXT)),
        unknown=listed(CALL),
    )
    output = record(path=TEXT, format=TEXT, state=TEXT, recipe=maybe(TEXT), digest=maybe(DIGEST))
    asset = record(
        asset=TEXT,
        family=TEXT,
        row=maybe(TEXT),
        place=maybe(TEXT),
        tags=listed(TEXT),
        alt=maybe(TEXT),
        title=maybe(TEXT),
        meta=MAP,
        frozen=FLAG,
        size=TEXT,
        steps=listed(step),
        outputs=listed(output),
        uses=listed(TEXT),
        used_by=listed(TEXT),
        cost=USD,
    )
    return record(profile=maybe(TEXT), assets=listed(asset))


def _graph() -> Schema:
    node = record(id=TEXT, kind={"enum": ["step", "asset", "file"]}, label=TEXT, state=maybe(STATE))
    edge = record(from_=TEXT, to=TEXT, role={"enum": ["step", "image", "mask", "markup"]})
    return record(profile=maybe(TEXT), nodes=listed(node), edges=listed(edge))


def _uses() -> Schema:
    step = record(asset=TEXT, step=COUNT, images=COUNT, cost=COST)
    return record(profile=maybe(TEXT), file=TEXT, assets=listed(TEXT), steps=listed(step), cost=COST, unpriced=COUNT)


def _jobs() -> Schema:
    job = record(
        name=TEXT,
        route={"enum": ["batch", "background"]},
        handle=maybe(TEXT),
        group=maybe(TEXT),
        provider=TEXT,
        time=TEXT,
        calls=COUNT,
        images=COUNT,
        reserved=USD,
        assets=listed(TEXT),
        status=maybe(TEXT),
        done=maybe(COUNT),
        message=maybe(TEXT),
    )
    return record(jobs=listed(job), collected=maybe(COLLECTED))


def _cache_info() -> Schema:
    numbers = dict.fromkeys(("originals", "bytes", "calls", "unknown", "damaged_lines"), COUNT)
    return record(path=TEXT, paid=USD, **numbers)


def _cache_verify() -> Schema:
    damaged = listed(record(digest=DIGEST, moved_to=TEXT))
    return record(checked=COUNT, damaged=damaged, missing=listed(DIGEST), problems=listed(PROBLEM))


def _clean() -> Schema:
    return record(
        removed=listed(TEXT), kept=listed(record(path=TEXT, reason=TEXT)), orphans=listed(TEXT), remote=listed(TEXT)
    )


def _init() -> Schema:
    file = record(path=TEXT, state={"enum": ["written", "extended", "kept"]})
    guess = record(field=TEXT, text=TEXT, columns=listed(TEXT), reason=TEXT)
    kind: Schema = {"enum": ["table", "markdown", "pictures"]}
    skipped = listed(record(path=TEXT, reason=TEXT))
    source = maybe(record(path=TEXT, kind=kind, rows=COUNT, guesses=listed(guess), skipped=skipped))
    return record(folder=TEXT, files=listed(file), source=source, assets=COUNT, next=TEXT)


def _names() -> Schema:
    return record(profile=maybe(TEXT), assets=listed(TEXT))


def _reroll() -> Schema:
    return record(
        asset=TEXT,
        step=COUNT,
        picked=maybe(COUNT),
        candidates=listed(CANDIDATE),
        totals=TOTALS,
        spent=USD,
        reserved=USD,
        exit_code=EXIT,
        problems=listed(PROBLEM),
    )


def _costs() -> Schema:
    account = record(name=TEXT, calls=COUNT, pictures=COUNT, spent=USD, reserved=USD, sent=USD, unpriced=COUNT)
    call = record(
        intent=TEXT,
        time=TEXT,
        asset=TEXT,
        step=COUNT,
        model=maybe(TEXT),
        route={"enum": ["live", "batch", "background"]},
        images=COUNT,
        reserved=maybe(USD),
        billed=maybe(USD),
        message=maybe(TEXT),
        sent_again=FLAG,
    )
    found = record(calls=COUNT, reserved=USD, billed=USD, percent=maybe({"type": "number"}), over=listed(call))
    names = ("_day", "_model", "_asset", "_tag", "_route")
    views = record(**dict.fromkeys(names, listed(account)))
    return record(
        store=TEXT,
        project=maybe(TEXT),
        since=maybe(TEXT),
        total=account,
        by=views,
        drift=found,
        unknown=listed(call),
        problems=listed(PROBLEM),
    )


def _restore() -> Schema:
    return record(
        profile=maybe(TEXT), assets=listed(TEXT), written=listed(TEXT), exit_code=EXIT, problems=listed(PROBLEM)
    )


FREE_SIZES = ("multiple", "longest", "ratio", "least_area", "most_area")


def _models() -> Schema:
    day = maybe({"type": "string", "format": "date"})
    model = record(
        model=TEXT,
        provider=TEXT,
        released=day,
        retired=day,
        replaced_by=maybe(TEXT),
        snapshot=maybe(TEXT),
        told=maybe(record(retired=day, told=day)),
        sizes={"anyOf": [record(listed=listed(TEXT)), record(**dict.fromkeys(FREE_SIZES, COUNT))]},
        qualities=listed(TEXT),
        backgrounds=listed(TEXT),
        complexities=listed(TEXT),
        fidelities=listed(TEXT),
        kinds=listed(TEXT),
        markup=FLAG,
        batch=FLAG,
        prices=by_name(USD),
        price=COST,
        source=TEXT,
        assets=COUNT,
    )
    return record(as_of=day, models=listed(model), problems=listed(PROBLEM))


def _migrate() -> Schema:
    place = record(file=TEXT, line=COUNT, column=COUNT, by_hand=FLAG)
    return record(
        from_=TEXT,
        to=TEXT,
        entries=listed(record(**ENTRY)),
        totals=TOTALS,
        places=listed(place),
        staying=listed(TEXT),
        frozen=listed(TEXT),
        newly_frozen=listed(TEXT),
        samples=listed(record(asset=TEXT, before=maybe(TEXT), after=TEXT)),
        applied=FLAG,
        spent=USD,
        exit_code=EXIT,
        problems=listed(PROBLEM),
        warnings=listed(PROBLEM),
    )


FORMATS: Mapping[str, Callable[[], Schema]] = {
    "accept": lambda: record(profile=maybe(TEXT), bound=listed(TEXT)),
    "adopt": lambda: record(asset=TEXT, step=COUNT, candidate=CANDIDATE),
    "build": _build,
    "jobs": _jobs,
    "cache-info": _cache_info,
    "cache-path": lambda: record(path=TEXT, exists=FLAG),
    "cache-verify": _cache_verify,
    "check": lambda: record(profile=maybe(TEXT), assets=COUNT, problems=listed(PROBLEM), exit_code=EXIT),
    "clean": _clean,
    "costs": _costs,
    "doctor": lambda: record(checks=listed(CHECK), exit_code=EXIT),
    "error": lambda: record(exit_code=EXIT, problems=listed(PROBLEM)),
    "explain": _explain,
    "forget": _names,
    "freeze": _names,
    "graph": _graph,
    "init": _init,
    "list": _names,
    "mask": lambda: record(target=TEXT, width=COUNT, height=COUNT, picture=TEXT, mask=TEXT),
    "migrate": _migrate,
    "models": _models,
    "pick": lambda: record(asset=TEXT, step=COUNT, state=STATE, picked=maybe(COUNT), candidates=listed(CANDIDATE)),
    "plan": _plan,
    "prompts": lambda: record(prompts=listed(record(asset=TEXT, step=COUNT, prompt=TEXT))),
    "reroll": _reroll,
    "restore": _restore,
    "schema": lambda: record(schema=MAP),
    "show": _show,
    "status": _status,
    "unfreeze": _names,
    "uses": _uses,
}
"""What the part before `/1` of a document's `format` names."""

STREAMS = frozenset(("watch",))
"""What is printed as JSON lines: each has the `format`."""


def json_schema(name: str) -> Schema:
    """The schema of the documents, or lines of a stream, with `"format": "pixmake.<name>/1"`. Raises KeyError for any
    other name."""
    if name in STREAMS:
        from pixmake.cli.lines import stream

        return {"$schema": DIALECT, "title": f"pixmake.{name}/1", **stream(f"pixmake.{name}/1")}
    body = FORMATS[name]()
    fields, required = body["properties"], body["required"]
    assert isinstance(fields, dict) and isinstance(required, list)
    return {
        "$schema": DIALECT,
        "title": f"pixmake.{name}/1",
        **body,
        "properties": {"format": {"const": f"pixmake.{name}/1"}, **fields},
        "required": ["format", *required],
    }
