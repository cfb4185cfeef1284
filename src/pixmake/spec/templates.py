"""Spec room: Jinja at work: compiled templates are kept, files looked at are written down, and what goes wrong is said
at the template's own line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, TypeVar

from jinja2 import BaseLoader, TemplateNotFound, TemplateSyntaxError
from jinja2 import Template as Compiled
from jinja2.exceptions import SecurityError

from pixmake.diagnostics import Diagnostic, Source, Span, did_you_mean
from pixmake.spec.bounds import Bounded, UndefinedName
from pixmake.spec.complaints import nearest
from pixmake.spec.failing import Broken, Failed, locate
from pixmake.spec.files import Files, Seen, readable
from pixmake.spec.filters import TooMuch
from pixmake.spec.nodes import Leaf

ATTRIBUTE = re.compile(r"access to attribute '(\w+)'")
UNKNOWN = re.compile(r"No (filter|test) named '([^']*)'")
T = TypeVar("T")
MOST_COMPILED = 50_000
INLINE = "<template>"


class _Folder(BaseLoader):
    """Loads from one folder only and tells `seen` which names were asked for."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self.files = files
        self.sources: dict[str, Source] = {}
        self.loaded: dict[Path, Source] = {}
        self.paths: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        found = self.paths.get(name)
        if found is None:
            found = self.paths[name] = Path(os.path.normpath(self.folder / name))
        return found

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        path = PurePosixPath(template)
        if path.is_absolute() or ".." in path.parts or "\\" in template:
            raise TemplateNotFound(template)
        source = self.files.text(self.path(template))
        if source is None:
            raise TemplateNotFound(template)
        self.sources[source.name] = self.loaded[self.path(template)] = source
        return source.text, source.name, lambda: True

    def list_templates(self) -> list[str]:
        return self.files.below(self.folder)


class _Environment(Bounded):
    """Notes every template file that is asked for, for dependency tracking."""

    used: set[str]
    edges: dict[str, set[str]]

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Compiled:
        self.used.add(str(name))
        if parent is not None:
            self.edges.setdefault(parent, set()).add(str(name))
        return super().get_template(name, parent, globals)

    def make_globals(self, d: Any) -> dict[str, Any]:
        """The globals of a template; Jinja would chain two maps, to be merged anew at each render."""
        return {**self.globals, **(d or {})}


class Engine:
    """Renders the texts of one templates folder. `used` collects the names of template files asked for."""

    def __init__(self, folder: Path, files: Files, used: set[str]) -> None:
        self.loader = _Folder(folder, files)
        self.environment = _Environment(
            loader=self.loader, trim_blocks=True, autoescape=False, cache_size=10_000, auto_reload=False
        )
        self.used = self.environment.used = used
        self.environment.edges = {}
        self.inline: dict[str, Compiled] = {}
        self.named: dict[str, Compiled] = {}
        self.uses: dict[tuple[frozenset[str], int], Seen] = {}
        """Files by the names that were asked for, and by how many ways from one template to another were known then."""
        self.expressions: dict[str, Compiled] = {}

    def text(self, leaf: Leaf, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a leaf, outer white space trimmed. Raises Failed."""
        text = str(leaf.value)
        return self._guarded(lambda: self._compiled(text).render(context).strip(), leaf, context, what)

    def file(self, leaf: Leaf, name: str, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a template file that `leaf` names. Raises Failed."""
        return self._guarded(lambda: self._named(name).render(context).strip(), leaf, context, what)

    def _named(self, name: str) -> Compiled:
        """The template file of a name, noted as used."""
        found = self.named.get(name)
        if found is None:
            found = self.named[name] = self.environment.get_template(name)
        self.used.add(name)
        return found

    def holds(self, leaf: Leaf, text: str, context: Mapping[str, Any], what: str) -> bool:
        """Whether an expression is true. Raises Failed."""
        source = "{% if " + text + " %}1{% endif %}"
        try:
            return self._guarded(lambda: self._compiled(source).render(context) == "1", leaf, context, what)
        except Failed as failed:
            if failed.diagnostic.code != "template-syntax" or "named" in failed.diagnostic.message:
                raise
            message = "this is no expression"
            remedy = "write one without braces, like: row.ready == 'yes' and row.level|int > 2"
            raise Failed(replace(failed.diagnostic, message=message, help=remedy), failed.field) from failed

    def renew(self) -> None:
        """Drops what was compiled where a file is not as it was."""
        self.environment.clock.written = 0
        self.uses.clear()
        files = self.loader.files
        if all(readable(files, path) is source for path, source in self.loader.loaded.items()):
            return
        self.loader.loaded.clear()
        self.loader.sources.clear()
        self.environment.edges.clear()
        self.named.clear()
        if self.environment.cache is not None:
            self.environment.cache.clear()

    def files_used(self) -> Seen:
        """The template files that `used` names, with those that they use in turn."""
        key = frozenset(self.used), sum(map(len, self.environment.edges.values()))
        found = self.uses.get(key)
        if found is None:
            found = self.uses[key] = self._files_of(key[0])
        return found

    def _files_of(self, used: frozenset[str]) -> Seen:
        waiting, names = [*used], set(used)
        while waiting:
            more = self.environment.edges.get(waiting.pop(), set()) - names
            names |= more
            waiting += more
        paths = [self.loader.path(name) for name in sorted(names)]
        return tuple((path, readable(self.loader.files, path)) for path in paths)

    def _compiled(self, text: str) -> Compiled:
        found = self.inline.get(text)
        if found is None:
            if len(self.inline) > MOST_COMPILED:
                self.inline.clear()
            found = self.inline[text] = self.environment.from_string(text)
        return found

    def _guarded(self, run: Callable[[], T], leaf: Leaf, context: Mapping[str, Any], what: str) -> T:
        self.environment.clock.start()
        try:
            return run()
        except Broken as broken:
            raise Failed(broken.diagnostic) from None
        except UndefinedName as error:
            raise Failed(self._undefined(error, leaf, context), what) from None
        except TemplateNotFound as error:
            raise Failed(self._unknown(error, leaf), what) from None
        except TemplateSyntaxError as error:
            raise Failed(self._syntax(error, leaf), what) from None
        except (RecursionError, MemoryError):
            raise Failed(self._too_much("the template goes too deep", leaf, None), what) from None
        except SecurityError as error:
            raise Failed(self._too_much(str(error), leaf, error), what) from None
        except Exception as error:
            raise Failed(self._failed(error, leaf), what) from None

    def _undefined(self, error: UndefinedName, leaf: Leaf, context: Mapping[str, Any]) -> Diagnostic:
        name = str(error.name)
        owner, known = _owner(error.owner, context)
        message = f"no {owner} '{name}'" if owner != "env" else f"no environment variable '{name}' here"
        if name == "prompt" and error.owner is None:
            message, remedy = "'prompt' is not set here", "give the asset a 'prompt', or leave {{ prompt }} out"
        else:
            remedy = nearest(name, sorted(known), "there is" if len(known) == 1 else "there are")
            if owner == "env":
                remedy = f"list it in the spec, 'allow_env: [{name}]', and set it"
        return Diagnostic(
            code="undefined-name", message=message, span=self._place(error, leaf, name), help=remedy or None
        )

    def _unknown(self, error: TemplateNotFound, leaf: Leaf) -> Diagnostic:
        name = str(error.name)
        names = self.loader.list_templates()
        stems = {PurePosixPath(known).stem: known for known in names}
        near = did_you_mean(name, [*names, *stems])
        guess = stems.get(near, near) if near else None
        remedy = f"did you mean '{guess}'? " if guess else ""
        listed = ", ".join(names[:24]) or "none"
        folder = self.loader.files.name(self.loader.folder)
        return Diagnostic(
            code="unknown-template",
            message=f"no template named '{name}'",
            span=self._place(error, leaf, name),
            help=f"{remedy}templates in '{folder}': {listed}",
        )

    def _syntax(self, error: TemplateSyntaxError, leaf: Leaf) -> Diagnostic:
        source = self.loader.sources.get(error.filename or "") if error.name or error.filename else None
        if source is not None:
            line = source.line(error.lineno)
            span = Span(source=source, line=error.lineno, column=1, length=max(1, len(line)))
        else:
            span = locate(leaf, error.lineno, None)
        message = str(error.message or "").rstrip(".")
        remedy = "for braces that are meant as text: {% raw %}…{% endraw %}, or 'verbatim: true'"
        remedy = self._nearest(message) or remedy
        return Diagnostic(
            code="template-syntax", message=f"the template can't be read: {_lower(message)}", span=span, help=remedy
        )

    def _nearest(self, message: str) -> str | None:
        """The remedy for a filter or test that is not there; None where that is not what the message says."""
        unknown = UNKNOWN.match(message)
        if unknown is None:
            return None
        known = self.environment.filters if unknown[1] == "filter" else self.environment.tests
        return nearest(unknown[2], sorted(name for name in known if name[:1].isalpha()), f"{unknown[1]}s")

    def _too_much(self, message: str, leaf: Leaf, error: BaseException | None) -> Diagnostic:
        is_bound = error is None or isinstance(error, TooMuch)
        span = self._place(error, leaf, None) if error is not None else leaf.span
        if is_bound:
            remedy = "templates are bounded in time and size; compute such things before"
            return Diagnostic(code="template-too-much", message=message, span=span, help=remedy)
        remedy = "templates run in a sandbox: values can be read, never changed"
        found = ATTRIBUTE.match(message)
        what = f"'{found[1]}' is not open to templates" if found else _lower(message.rstrip("."))
        return Diagnostic(code="template-forbidden", message=what, span=span, help=remedy)

    def _failed(self, error: Exception, leaf: Leaf) -> Diagnostic:
        message = f"the template fails: {_lower(str(error)) or type(error).__name__}"
        is_text = isinstance(error, TypeError) and "str" in message and "int" in message
        remedy = "cells of tables are text: a number is made by |int or |float, like row.level|int" if is_text else None
        remedy = self._nearest(str(error)) or remedy  # Jinja looks some of them up only when they are used
        return Diagnostic(code="template-failed", message=message, span=self._place(error, leaf, None), help=remedy)

    def _place(self, error: BaseException, leaf: Leaf, word: str | None) -> Span:
        name, line = _frame(error.__traceback__, self.loader.sources)
        if name is None:
            return leaf.span
        source = self.loader.sources.get(name)
        if source is None:
            return locate(leaf, line, word)
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source.line(line)) if word else None
        if found:
            return Span(source=source, line=line, column=found.start() + 1, length=len(found.group()))
        text = source.line(line)
        indent = len(text) - len(text.lstrip())
        return Span(source=source, line=line, column=indent + 1, length=len(text.strip()))


def _owner(owner: object, context: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What an undefined name belongs to, in words, and the names that exist there."""
    if owner is None:
        return "variable", list(context)
    label = next((name for name, value in context.items() if value is owner), None)
    known = [str(key) for key in owner] if isinstance(owner, Mapping) else []
    if label == "row":
        return "column", known
    if label == "env":
        return "env", known
    return (f"entry of '{label}' named" if label else "entry named"), known


def _frame(trace: TracebackType | None, sources: Mapping[str, Source]) -> tuple[str | None, int]:
    found: tuple[str | None, int] = (None, 0)
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in sources or name in (INLINE, "<unknown>"):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
