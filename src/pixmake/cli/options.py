"""CLI room: options and arguments that several commands declare, and how a run's session hears of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from pixmake.cli.session import Session
from pixmake.diagnostics import Problem

META = "pixmake.session"
P = ParamSpec("P")
R = TypeVar("R")


class Dollars(click.ParamType[Decimal]):
    """USD as people write them: `1`, `0.62`, `$5`."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or not 0 <= amount < 10**12:  # what nobody has is a slip, and slow to compute
            self.fail(f"'{value}' is not an amount in USD, like 0.62", param, ctx)
        return amount


def session_of(context: click.Context) -> Session:
    """The session of this run; group and command share it."""
    session = context.meta.setdefault(META, Session(standing=context.obj))
    assert isinstance(session, Session)
    return session


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value not in (None, False, 0, ()):  # a default of the command must not undo what the group was told
            target = session_of(context)
            setattr(target.console if hasattr(target.console, name) else target, name, value)

    return keep


COMMON = (
    click.option("-f", "--file", metavar="FILE", help="The spec, if it is not the nearest assets.yaml."),
    click.option("--profile", metavar="NAME", help="See the project through this profile."),
    click.option("--allow-outside", is_flag=True, help="Let output paths lead out of the project."),
    click.option("--json", is_flag=True, help="One JSON document on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr."),
    click.option("-v", "--verbose", count=True, help="Fold no list."),
)
NAMES = ("file", "profile", "allow_outside", "json", "quiet", "verbose")


def common_options(function: Callable[..., R]) -> Callable[..., R]:
    """Declares the options that group and commands share."""
    for name, option in zip(reversed(NAMES), reversed(COMMON), strict=True):
        option(function)
        parameter = function.__click_params__[-1]  # type: ignore[attr-defined]
        parameter.callback, parameter.expose_value = _set(name), False
    return function


def exclude_option(function: Callable[..., R]) -> Callable[..., R]:
    """Declares --exclude, for commands that take selectors."""
    wrap = click.option(
        "--exclude", metavar="SEL", multiple=True, callback=_set("exclude"), expose_value=False, help="Leave these out."
    )
    return wrap(function)


def complete_selector(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Asset names and tags for the shell; nothing where the spec can't be read."""
    session = session_of(context)
    try:
        assets = session.project.assets
    except (Problem, OSError):
        return []
    tags = (f"tag:{tag}" for tag in dict.fromkeys(tag for asset in assets for tag in asset.tags))
    return [name for name in [*(asset.name for asset in assets), *tags] if name.startswith(incomplete)]


def complete_target(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Asset names for the shell, and after a `#` the steps of one; nothing where the spec can't be read."""
    try:
        assets = session_of(context).project.assets
    except (Problem, OSError):
        return []
    steps = (f"{asset.name}#{step.index}" for asset in assets for step in asset.steps)
    names = steps if "#" in incomplete else (asset.name for asset in assets)
    return [name for name in names if name.startswith(incomplete)]


def target_argument() -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Declares the one asset, or step of it, that a verb is about."""
    return click.argument("target", metavar="ASSET[#STEP]", shell_complete=complete_target)


def selector_argument(*, required: bool = False) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Declares the selectors of a command."""
    return click.argument(
        "selectors", nargs=-1, required=required, metavar="[SELECTOR]...", shell_complete=complete_selector
    )


def with_session(function: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Hands the session to a command as its first argument."""

    def call(*values: P.args, **options: P.kwargs) -> R:
        return function(session_of(click.get_current_context()), *values, **options)

    return update_wrapper(call, function)
