"""Spec room: the way through it. Text goes in, a whole valid Spec comes out, or a Problem with everything that is wrong."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pixmake.diagnostics import Collector, Diagnostic, Note, Problem
from pixmake.digest import sha256_bytes
from pixmake.spec.asset import Asset, AssetInput, Footprint, Output, Spec
from pixmake.spec.cycles import check_cycles
from pixmake.spec.expand import MOST_ASSETS, Draft, Expander, Workshop
from pixmake.spec.files import Files
from pixmake.spec.inputs import Lookup
from pixmake.spec.names import canonical
from pixmake.spec.nodes import Branch, Leaf, Node
from pixmake.spec.outputs import Places, key_of, outputs_of
from pixmake.spec.scopes import Renderers, branch, entry
from pixmake.spec.settings import budget_of, providers_of
from pixmake.spec.sources import VERSION, Reader, _texts
from pixmake.spec.steps import Builder, not_yet

LATER = ("sheets", "atlases", "manifests", "remote")


class SpecCache:
    """What a caller keeps between loads of one project (watch mode), so that a reload does only what changed."""


def load(
    file: Path,
    *,
    profile: str | None = None,
    allow_outside: bool = False,
    env: Mapping[str, str] | None = None,
    cache: SpecCache | None = None,
) -> Spec:
    """The project of a spec file, as one profile sees it.

    `env` is what `allow_env` may read, by default the process's own. Raises Problem, with all that is wrong sorted
    by place, and never anything else, whatever the files hold.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return _Load(Path(os.path.abspath(file)), profile, allow_outside, os.environ if env is None else env).run()
    finally:
        if was_on:
            gc.enable()


class _Load:
    """One load."""

    def __init__(self, file: Path, profile: str | None, allow_outside: bool, env: Mapping[str, str]) -> None:
        self.file = file
        self.profile = profile
        self.allow_outside = allow_outside
        self.env = env
        self.collector = Collector()
        self.files = Files(file.parent)
        self.renderers = Renderers()
        self.reader = Reader(self.files, self.collector, self.renderers, env)
        self.workshop = Workshop(files=self.files, renderers=self.renderers)

    def run(self) -> Spec:
        root = self.reader.root(self.file, self.profile)
        if root is None:
            raise Problem(self.collector.errors)
        providers = providers_of(root, self.collector)
        self.refuse_later(root)
        whole = not self.collector.errors
        drafts = self.drafts() if whole else []
        whole = whole and not self.collector.errors
        known = self.unique(drafts)
        places = Places(self.file.parent, self.output_dir(root), self.allow_outside)
        outputs = [outputs_of(draft, places, self.renderers, self.collector) for draft in drafts]
        written = self.written(drafts, outputs, root)
        lookup = Lookup(self.workshop, known, written, whole, self.collector)
        assets = []
        for draft, files in zip(drafts, outputs, strict=True):
            assets.append(Builder(draft, lookup, providers, self.collector).asset(files))
            for node, name in not_yet(draft.fields, draft.node):
                self.later(node, name)
        if not self.collector.errors:
            linked = [asset for asset in assets if _is_linked(asset)]
            check_cycles({asset.name: asset for asset in assets}, linked, self.collector)
        self.collector.found = _once(self.collector.found)
        self.collector.raise_errors()
        return self.spec(root, assets, providers)

    def spec(self, root: Branch, assets: list[Asset], providers: Mapping[str, object]) -> Spec:
        read, missing = self.files.looked_at()
        allowed = _texts(entry(root, "allow_env"))
        return Spec(
            file=self.file,
            root=self.file.parent,
            version=VERSION,
            project=_text(root, "project") or self.file.parent.name,
            output_dir=self.output_dir(root),
            profile=self.profile,
            assets=tuple(assets),
            providers=providers,  # type: ignore[arg-type]
            budget=budget_of(root, self.reader.profile),
            store=_text(root, "store"),
            warnings=self.collector.warnings,
            footprint=Footprint(
                files=read,
                globs=tuple((folder, pattern, names) for (folder, pattern), names in sorted(self.files.globs.items())),
                missing=missing,
                env={name: _digest(self.env.get(name)) for name in allowed},
            ),
        )

    def drafts(self) -> list[Draft]:
        drafts: list[Draft] = []
        for family in self.reader.families:
            drafts += Expander(family, self.workshop, self.collector).run()
            if len(drafts) > MOST_ASSETS:
                message = f"more than {MOST_ASSETS} assets in all"
                self.collector.error("too-many-assets", message, family.key.span, help="split the project")
                break
        return drafts

    def output_dir(self, root: Branch) -> str:
        return _text(self.reader.profile, "output_dir") or _text(root, "output_dir") or "assets"

    def unique(self, drafts: list[Draft]) -> dict[str, Draft]:
        """All drafts by name. Names that collide are one error."""
        known: dict[str, Draft] = {}
        by_key: dict[str, list[Draft]] = {}
        for draft in drafts:
            known.setdefault(draft.name, draft)
            by_key.setdefault(canonical(draft.name), []).append(draft)
        if len(by_key) < len(drafts):
            twice = {name: found for name, found in by_key.items() if len(found) > 1}
            entries = [(found[0].name, [_where(draft) for draft in found]) for found in twice.values()]
            first = next(iter(twice.values()))[1]
            self.collide("duplicate-name", "asset", entries, first, len(drafts))
        return known

    def collide(
        self, code: str, noun: str, entries: list[tuple[str, list[tuple[str, Node]]]], first: Draft, count: int
    ) -> None:
        """One error for all names or paths that are taken twice, with the places of each."""
        extra = sum(len(places) - 1 for _, places in entries)
        if len(entries) == 1:
            name, places = entries[0]
            message = (
                f"{len(places)} {noun}s are named '{name}'"
                if noun == "asset"
                else f"{len(places)} outputs are '{name}'"
            )
        else:
            message = f"{count} {noun}s have only {count - extra} distinct {'names' if noun == 'asset' else 'paths'}"
        notes = []
        for name, places in entries[:20]:
            notes.append(Note(message=f"'{name}': {', '.join(label for label, _ in places[:8])}"))
        if len(entries) > 20:
            notes.append(Note(message=f"and {len(entries) - 20} more"))
        nodes = {id(node): node for _, node in entries[0][1]}
        if len(entries) == 1 and len(nodes) > 1:
            notes += [Note(message="the other is here", span=node.span) for node in list(nodes.values())[:1]]
        help = "put something into the name that tells them apart, like a column with an id"
        span = first.key.span
        self.collector.error(code, message, span, help=help, notes=notes, asset=first.name, row=None)

    def written(self, drafts: list[Draft], outputs: list[tuple[Output, ...]], root: Branch) -> dict[str, str]:
        """Compared path to the asset that writes it. Two of one path are an error, and so are the project's own files."""
        found: dict[str, list[tuple[Draft, Output]]] = {}
        for draft, files in zip(drafts, outputs, strict=True):
            for output in files:
                found.setdefault(key_of(output), []).append((draft, output))
        twice = [pairs for pairs in found.values() if len(pairs) > 1 and _differ(pairs)]
        if twice:
            entries = [(pairs[0][1].path, [_where(draft) for draft, _ in pairs]) for pairs in twice]
            total = sum(len(pairs) for pairs in found.values())
            self.collide("duplicate-output", "output", entries, twice[0][1][0], total)
        self.protect(found)
        return {key: pairs[0][0].name for key, pairs in found.items()}

    def protect(self, found: Mapping[str, list[tuple[Draft, Output]]]) -> None:
        """No output may be a file that the project is made of."""
        own = {canonical(self.files.name(path)): "is read by the spec" for path in self.files.looked_at()[0]}
        own |= {canonical(f"{self.file.stem}.lock"): "is the lockfile", "assets.lock": "is the lockfile"}
        for key, what in own.items():
            for draft, output in found.get(key, ()):
                help = "write the picture to another path"
                message = f"'{output.path}' {what}"
                self.collector.error(
                    "output-over-source", message, output.span, help=help, asset=draft.name, row=draft.row
                )

    def refuse_later(self, root: Branch) -> None:
        for name in LATER:
            node = root.entries.get(name)
            if node is not None and node.data:
                self.later(root.keys[name], name)

    def later(self, node: Node, name: str) -> None:
        help = f"take '{name}' out for now"
        self.collector.error("not-yet", f"this version can't do '{name}' yet", node.span, help=help)


def _where(draft: Draft) -> tuple[str, Node]:
    node: Node = draft.key
    return draft.row or f"{node.origin.source.name}:{node.origin.line(node.line)}", node


def _differ(pairs: list[tuple[Draft, Output]]) -> bool:
    """False where one name collides: that is told already."""
    return len({canonical(draft.name) for draft, _ in pairs}) > 1 or len({id(draft) for draft, _ in pairs}) == 1


def _is_linked(asset: Asset) -> bool:
    inputs = [asset.origin]
    for step in asset.steps:
        inputs += [*step.references, step.markup]
        if step.mask is not None and isinstance(step.mask.source, AssetInput):
            return True
    return any(isinstance(item, AssetInput) for item in inputs)


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once: rows of one family often have the same one."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    for item in found:
        kept.setdefault((item.code, item.message, str(item.span), item.severity), item)
    return list(kept.values())


def _text(node: Node | None, name: str) -> str | None:
    found = branch(node, name) or entry(node, name)
    return str(found.value) if isinstance(found, Leaf) and isinstance(found.value, str) else None


def _digest(value: str | None) -> str | None:
    return None if value is None else sha256_bytes(value.encode("utf-8", "surrogateescape"))
