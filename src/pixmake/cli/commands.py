"""CLI room: the command line as click reads it: the commands by name. A command's module is imported when it is called,
not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

from pixmake.cli.options import common_options, session_of
from pixmake.cli.quick import Standing
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, did_you_mean, problem
from pixmake.garbage import uncollected

COMMANDS = {
    "init": ("pixmake.cli.init", "Write a small working project."),
    "plan": ("pixmake.cli.plan", "What a build would do and cost, and why."),
    "build": ("pixmake.cli.build", "Plan, ask for consent, run."),
    "watch": ("pixmake.cli.watch", "Rebuild what is free on every change."),
    "status": ("pixmake.cli.status", "The state of each asset."),
    "list": ("pixmake.cli.list", "The names of assets."),
    "explain": ("pixmake.cli.explain", "Why an asset is in its state."),
    "show": ("pixmake.cli.show", "Everything known of an asset."),
    "graph": ("pixmake.cli.graph", "What is made of what."),
    "pick": ("pixmake.cli.pick", "Choose among the candidates of a step, or list them."),
    "reroll": ("pixmake.cli.reroll", "Buy another picture for the same request."),
    "accept": ("pixmake.cli.binding:accept", "Keep a picture though its request, or the file, changed."),
    "adopt": ("pixmake.cli.binding:adopt", "Take a file of your own as a step's picture."),
    "freeze": ("pixmake.cli.keeping:freeze", "Keep bought pictures, whatever becomes of their requests."),
    "unfreeze": ("pixmake.cli.keeping:unfreeze", "Let changed requests buy again."),
    "restore": ("pixmake.cli.restore", "Write outputs again over hand edits or drafts."),
    "forget": ("pixmake.cli.keeping:forget", "Drop lock lines; nothing is deleted."),
    "mask": ("pixmake.cli.mask", "Write a mask to paint on, and the picture it must fit."),
    "costs": ("pixmake.cli.costs", "What was paid, for what, and how far it was from the estimates."),
    "models": ("pixmake.cli.models", "The models, their prices, limits and last days."),
    "migrate": ("pixmake.cli.migrate", "What a move to another model costs, and the move itself."),
    "doctor": ("pixmake.cli.doctor", "What is set up: key, network, store, codecs."),
    "check": ("pixmake.cli.check", "Find mistakes; needs no key."),
    "clean": ("pixmake.cli.clean", "Remove the files that pixmake wrote."),
    "jobs": ("pixmake.cli.jobs", "Batches and background runs in flight."),
    "cache": ("pixmake.cli.cache", "The store of paid originals."),
    "schema": ("pixmake.cli.schema", "JSON Schema of the spec, for editors."),
}
"""Every command: the module whose `command` it is (`module:name` where it has several), and its sentence in --help."""


class LazyGroup(click.Group):
    """Knows its commands by name alone."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        with uncollected():
            command = getattr(import_module(module), attribute or "command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS:
            near = did_you_mean(name, COMMANDS)
            remedy = (f"did you mean '{near}'? " if near else "") + f"commands: {', '.join(COMMANDS)}"
            raise problem("unknown-command", f"no command is called '{name}'", help=remedy)
        return name, self.get_command(context, name), args[1:]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from pixmake import __version__

        click.echo(f"pixmake {__version__}")
        context.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Run without a command it counts the assets by state and names the next useful command. "
    'Shell completion: eval "$(_PIXMAKE_COMPLETE=bash_source pixmake)"',
)
@common_options
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def group(context: click.Context) -> int:
    """make for images you pay for: builds the pictures that assets.yaml describes."""
    if context.invoked_subcommand is not None:
        return 0
    from pixmake.cli.status import overview

    return overview(session_of(context))


def run(words: Sequence[str], standing: Standing | None) -> int:
    """Runs one command; its exit code. Raises Problem, for a wrong command line too, and KeyboardInterrupt."""
    try:
        result = group.main(list(words), prog_name="pixmake", standalone_mode=False, obj=standing)
        return result if isinstance(result, int) else ExitCode.DONE
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.ctx.get_help() if bare.ctx else "", err=True)
        return ExitCode.SPEC
    except click.ClickException as wrong:
        raise Problem([_usage(wrong)], ExitCode.SPEC) from None
    except click.Abort:
        raise KeyboardInterrupt from None


def _usage(wrong: click.ClickException) -> Diagnostic:
    context = getattr(wrong, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "pixmake"
    near = getattr(wrong, "possibilities", None)
    remedy = f"did you mean {' or '.join(sorted(near))}? " if near else ""
    message = wrong.message.splitlines()[0].rstrip(".") if wrong.message else wrong.format_message().rstrip(".")
    return Diagnostic(code="usage", message=message[:1].lower() + message[1:], help=f"{remedy}see `{path} --help`")
