"""CLI room: `schema`: JSON Schemas: of the spec, for editors, and of every document that --json prints."""

from __future__ import annotations

import json

import click

from pixmake.cli.formats import FORMATS, STREAMS, json_schema
from pixmake.cli.options import common_options, with_session
from pixmake.cli.session import Session


@click.command("schema")
@click.argument("document", required=False, type=click.Choice(sorted({*FORMATS, *STREAMS})), metavar="[DOCUMENT]")
@common_options
@with_session
def command(session: Session, document: str | None) -> int:
    """The JSON Schema of assets.yaml, or of a command's --json document (plan, build, status, …)."""
    if document is None:
        from pixmake.spec.schema import json_schema as spec_schema

        schema: object = spec_schema()
    else:
        schema = json_schema(document)
    if session.console.json:
        session.console.document({"format": "pixmake.schema/1", "schema": schema})
    else:
        session.console.out(json.dumps(schema, indent=2, ensure_ascii=False))
    return 0
