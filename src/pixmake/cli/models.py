"""CLI room: `models`: what is known of each model, and what its provider says of its end. Only --refresh uses the network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pixmake.cli.console import Console, counted
from pixmake.cli.options import common_options, with_session
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, did_you_mean, problem
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd
from pixmake.providers.base import Estimate, ProviderError, Request, SizeRule
from pixmake.providers.models import Model, as_of, estimate, model_of, table
from pixmake.providers.openai.provider import OpenAIProvider
from pixmake.providers.openai.told import Told
from pixmake.store.lastdays import Days, LastDay, keep_last_days, read_last_days
from pixmake.values import dataclass

if TYPE_CHECKING:
    from pixmake.build.project import Project

OPENAI = "openai"
SAMPLE_SIZE = "1024x1024"
SAMPLE_QUALITY = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model as one provider has it. `assets` name it; `told`: what the provider said of its end."""

    name: str
    provider: str
    model: Model
    assets: int
    told: LastDay | None
    price: Estimate | None

    @property
    def retired(self) -> str | None:
        return self.model.limits.retired

    def to_json(self) -> dict[str, object]:
        limits, prices = self.model.limits, self.model.prices
        return {
            "model": self.name,
            "provider": self.provider,
            "released": self.model.released or None,
            "retired": self.retired,
            "replaced_by": limits.replaced_by,
            "snapshot": limits.snapshot,
            "told": None if self.told is None else {"retired": self.told.retired, "told": self.told.told},
            "sizes": _sizes_json(limits.sizes),
            "qualities": list(limits.qualities),
            "backgrounds": list(limits.backgrounds),
            "complexities": list(limits.complexities),
            "fidelities": list(limits.fidelities),
            "kinds": list(limits.kinds),
            "markup": limits.markup,
            "batch": self.model.batch,
            "prices": {kind: decimal_text(price) for kind, price in prices.items()},
            "price": None
            if self.price is None
            else {"low": decimal_text(self.price.low), "high": decimal_text(self.price.high)},
            "source": self.model.source,
            "assets": self.assets,
        }


@click.command("models")
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--refresh", is_flag=True, help="Ask the API when each of them ends: free, and needs the key.")
@common_options
@with_session
def command(session: Session, names: tuple[str, ...], refresh: bool) -> int:
    """The models that pixmake knows: prices, limits, retirement; with a name, all that is known of it.

    Rows of the spec (`models` of a provider) stand above the table's. What --refresh was told holds for this checkout.
    """
    project = _project(session)
    problems = _refresh(session, project, names) if refresh else []
    if refresh:
        project = _project(session, anew=True)
    rows = _rows(project, names)
    console = session.console
    if console.json:
        body = {"format": "pixmake.models/1", "as_of": as_of(), "models": [row.to_json() for row in rows]}
        console.document(body | {"problems": [item.to_json() for item in problems]})
    else:
        console.out(*(_details(rows) if names else _table(console, rows)))
    console.errors(problems)
    if not console.json and not names:
        console.say(f"facts of {as_of()}; '{SAMPLE_QUALITY}' is one picture of {SAMPLE_SIZE}, without input pictures")
    return ExitCode.FAILED if problems else ExitCode.DONE


def _project(session: Session, *, anew: bool = False) -> Project | None:
    """The project; None outside of any. A spec that is there and wrong is an error, as everywhere."""
    try:
        session.spec_file()
    except Problem:
        return None
    if anew:
        session.__dict__.pop("project", None)
    return session.project


# --- rows -----------------------------------------------------------------------------------------------------------


def _rows(project: Project | None, names: Sequence[str]) -> list[Row]:
    """The rows of OpenAI's own models, and of what other providers of the spec add. Raises Problem for unknown names."""
    days = read_last_days(project.last_days) if project is not None else {}
    found = [row for name, provider in _providers(project).items() for row in _rows_of(name, provider, project, days)]
    if not names:
        return found
    known = {row.name for row in found}
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            remedy = f"did you mean '{near}'?" if near else "`pixmake models` lists them; a spec can add rows"
            raise problem("unknown-model", f"no row has the model '{name}'", help=remedy)
    return [row for row in found if row.name in names]


def _providers(project: Project | None) -> dict[str, OpenAIProvider]:
    """Providers that have models of this table, by the spec's name; OpenAI itself first."""
    found: dict[str, OpenAIProvider] = {}
    if project is not None:
        found = {name: item for name, item in project.providers.items() if isinstance(item, OpenAIProvider)}
    return {OPENAI: found.pop(OPENAI, None) or OpenAIProvider({}), **found}


def _rows_of(name: str, provider: OpenAIProvider, project: Project | None, days: Days) -> Iterable[Row]:
    uses = _uses(project, name)
    listed = [*provider.rows, *(model for model in table() if model not in provider.rows)]
    for model in listed if name == OPENAI else [model for model in listed if model in provider.rows or model in uses]:
        row = model_of(model, provider.rows)
        if row is None:
            continue
        yield Row(
            name=model,
            provider=name,
            model=replace(row, limits=provider.limits(model)),
            assets=uses[model],
            told=days.get(name, {}).get(model),
            price=_price(model, row, provider),
        )


def _uses(project: Project | None, provider: str) -> Counter[str]:
    """How many assets name each model of a provider."""
    assets = project.assets if project is not None else ()
    pairs = {
        (asset.name, step.model) for asset in assets for step in asset.steps if step.provider == provider and step.model
    }
    return Counter(model for _, model in pairs)


def _price(model: str, row: Model, provider: OpenAIProvider) -> Estimate | None:
    """One picture of the sample size; at the sample quality where the model has qualities."""
    request = Request(
        operation="generate",
        provider=OPENAI,
        model=model,
        prompt="",
        size=SAMPLE_SIZE,
        quality=SAMPLE_QUALITY if SAMPLE_QUALITY in row.limits.qualities else None,
    )
    if row.flat is None and not row.limits.qualities:
        return None
    return estimate(request, [], 1, provider.rows)


def _sizes_json(rule: SizeRule) -> dict[str, object]:
    if rule.listed:
        return {"listed": [f"{width}x{height}" for width, height in rule.listed]}
    return {
        "multiple": rule.multiple,
        "longest": rule.longest,
        "ratio": rule.ratio,
        "least_area": rule.least_area,
        "most_area": rule.most_area,
    }


# --- text -----------------------------------------------------------------------------------------------------------


def _table(console: Console, rows: Sequence[Row]) -> list[str]:
    several = len({row.provider for row in rows}) > 1
    cells = [
        [
            Cell(f"{row.provider}: {row.name}" if several and row.provider != OPENAI else row.name, "bold"),
            Cell(row.model.released, "dim"),
            Cell(row.retired or "", "yellow"),
            Cell(_price_text(row.price), right=True),
            Cell("batch" if row.model.batch else ""),
            Cell(counted(row.assets, "asset") if row.assets else "", "cyan"),
            Cell(" ".join(row.model.limits.kinds), "dim"),
        ]
        for row in rows
    ]
    head = [Cell(text, "dim") for text in ("model", "released", "until", SAMPLE_QUALITY, "", "", "kinds")]
    return lay_out([head, *cells], console.paint, console.width(), indent=0)


def _price_text(price: Estimate | None) -> str:
    if price is None:
        return "?"
    low, high = (f"{usd(amount)}" for amount in (price.low, price.high))
    return low if low == high else f"{low}–{high.removeprefix('$')}"


def _details(rows: Sequence[Row]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        facts = [(label, text) for label, text in _facts(row) if text]
        width = max(len(label) for label, _ in facts)
        lines += ["", row.name, *(f"  {label:{width}}  {text}" for label, text in facts)]
    return lines[1:]


def _facts(row: Row) -> list[tuple[str, str]]:
    limits, prices = row.model.limits, row.model.prices
    words: Mapping[str, Sequence[str]] = {
        "quality": limits.qualities,
        "background": limits.backgrounds,
        "complexity": limits.complexities,
        "input_fidelity": limits.fidelities,
        "kind": limits.kinds,
    }
    per_million = ", ".join(f"{kind.replace('_', ' ')} {decimal_text(price)}" for kind, price in prices.items())
    told = row.told
    told_text = f"{told.retired or 'no end announced'} (on {told.told})" if told is not None else ""
    return [
        ("provider", row.provider),
        ("released", row.model.released),
        ("until", row.retired or ""),
        ("told by the API", told_text),
        ("replaced by", limits.replaced_by or ""),
        ("stands for", limits.snapshot or ""),
        ("sizes", _sizes_text(limits.sizes)),
        *((name, ", ".join(values)) for name, values in words.items()),
        ("markup", "yes" if limits.markup else ""),
        ("inputs", f"at most {limits.most_inputs} pictures"),
        ("batch", "half price" if row.model.batch else "no"),
        ("USD per 1M tokens", per_million),
        (f"{SAMPLE_SIZE} {SAMPLE_QUALITY}", _price_text(row.price)),
        ("used by", counted(row.assets, "asset") if row.assets else ""),
        ("source", f"{row.model.source}, {as_of()}"),
    ]


def _sizes_text(rule: SizeRule) -> str:
    if rule.listed:
        return ", ".join(f"{width}x{height}" for width, height in rule.listed)
    return (
        f"sides in steps of {rule.multiple} up to {rule.longest}, at most {rule.ratio}:1, "
        f"{rule.least_area} to {rule.most_area} pixels"
    )


# --- the API's own word -------------------------------------------------------------------------------------------


def _refresh(session: Session, project: Project | None, names: Sequence[str]) -> list[Diagnostic]:
    """Asks each provider for the models that matter and keeps what it says; what failed, as diagnostics."""
    problems: list[Diagnostic] = []
    for name, provider in _providers(project).items():
        models = list(names) or _asked(name, provider, project)
        if not models:
            continue
        try:
            told = asyncio.run(_ask(provider, models))
        except ProviderError as error:
            problems.append(
                Diagnostic(code="provider-not-ready", message=f"'{name}': {error.message}", help=error.help)
            )
            continue
        session.console.say(*(f"{item.model}: {_told_text(item.known, item.retired)}" for item in told))
        if project is not None:
            today = project.clock.now().date().isoformat()
            found = {item.model: LastDay(retired=item.retired, told=today) for item in told if item.known}
            keep_last_days(project.last_days, name, found)
    return problems


async def _ask(provider: OpenAIProvider, models: Sequence[str]) -> list[Told]:
    try:
        return await provider.shutdown_dates(models)
    finally:
        await provider.close()


def _asked(name: str, provider: OpenAIProvider, project: Project | None) -> list[str]:
    """The models that the spec uses; outside of a project, or where it uses none, those of the table that are alive."""
    alive = [model for model, row in table().items() if row.limits.retired is None] if name == OPENAI else []
    return sorted(_uses(project, name)) or alive


def _told_text(known: bool, retired: str | None) -> str:
    if not known:
        return "this key sees no such model: retired, mistyped or no access"
    return f"ends on {retired}" if retired else "no end announced"
