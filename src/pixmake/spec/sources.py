"""Spec room: spec files, with all that they include, to families in their scopes. Nothing is expanded yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, TypeVar

from pixmake.diagnostics import Collector, Source, Span, did_you_mean
from pixmake.spec.cache import SpecCache
from pixmake.spec.complaints import complain
from pixmake.spec.cutting import Pieces, document
from pixmake.spec.declaring import Declared
from pixmake.spec.expand import Family
from pixmake.spec.failing import Broken
from pixmake.spec.fields import shown
from pixmake.spec.files import Files, is_glob
from pixmake.spec.layers import deep_data
from pixmake.spec.marks import Unfit
from pixmake.spec.model import AssetFields
from pixmake.spec.nodes import Branch, Leaf, Node, Row, untemplated
from pixmake.spec.project import FileFields, RootFields
from pixmake.spec.rendering import Renderer
from pixmake.spec.scopes import Renderers, Scope, branch, empty, entry, inner_scope
from pixmake.spec.shapes import Judged
from pixmake.values import dataclass

T = TypeVar("T")
VERSION = 1
MOST_FILES = 1000
ROOT_ONLY = frozenset(RootFields.fields) - frozenset(FileFields.fields)
LATER = ("sheets", "atlases", "manifests", "remote")
"""What this version reads and can't do yet."""
MAPS_BESIDE = frozenset(("budget", *LATER))
BESIDE = MAPS_BESIDE | {"project", "store"}
"""Keys that no asset is made from: what is wrong with them hides nothing of the assets."""
HARMLESS = ("duplicate-key", "comment-cuts-text", "not-yet")
"""Errors that leave enough to go on with."""


@dataclass(slots=True)
class Reader:
    """Reads the files of one project. `families` grows in the order of the files."""

    cache: SpecCache
    files: Files
    collector: Collector
    renderers: Renderers
    env: Mapping[str, str]
    families: list[Family] = field(default_factory=list)
    own_faults: int = 0
    """Errors that concern single assets, or none; any other makes expanding pointless, it would only tell consequences."""
    lacks: int = 0
    """Errors that leave variables out: what is told of the assets then is right, but for names that they miss."""
    levels: int = 0
    absent: set[str] = field(default_factory=set)
    """Complete names, as far as they are known, of assets that are wrong by themselves."""
    count: int = 0
    judged: Judged = field(default_factory=Judged)
    profile: Branch | None = None

    def root(self, file: Path, profile: str | None) -> Branch | None:
        """The root file's map, with everything below it read. None where it can't be read."""
        node = self.document(file)
        if not isinstance(node, Branch) or not self.version_fits(node, wanted=True):
            return None
        self.validate(node, RootFields)
        self.profile = self.chosen(node, profile)
        templates = self.templates_dir(node, file, file.parent / "templates")
        self.renderers.by_file[self.files.name(file)] = self.renderer(templates)
        allowed = texts_of(entry(node, "allow_env"))
        env = {name: self.env[name] for name in allowed if name in self.env}
        presets = branch(self.profile, "presets") or empty()
        defaults = branch(self.profile, "defaults")
        outer = Scope(
            prefixes=("",),
            vars={},
            own_vars=self.lacking(lambda: self.vars_from(node, file.parent)),
            sizes={},
            defaults=(),
            presets={},
            profile_defaults=(defaults,) if defaults is not None else (),
            profile_presets={name: item for name, item in presets.entries.items() if isinstance(item, Branch)},
            env=env,
        )
        self.level(node, outer, "", file, templates, (file,))
        return node

    def document(self, file: Path, place: Node | None = None) -> Node | None:
        """A file's tree; what keeps it from being read goes to the collector."""
        try:
            source = self.files.text(file)
        except Broken as broken:
            self.collector.found.append(broken.diagnostic)
            return None
        name = self.files.name(file)
        if source is None and place is not None and self.files.kind(str(file)) == "folder":
            remedy = f"write '{name}/*.yaml' for its files"
            self.collector.error("is-a-folder", f"'{name}' is a folder", place.span, help=remedy)
            return None
        if source is None:
            guess = self.files.nearest(file)
            lost = (
                "'pixmake init' writes a first one" if place is None else "paths are relative to the file they stand in"
            )
            remedy = f"did you mean '{guess}'?" if guess else lost
            self.collector.error("missing-file", f"no file '{name}'", place.span if place else None, help=remedy)
            return None
        before = len(self.collector.errors)
        node = self.tree(file, source)
        if isinstance(node, Branch):
            return node
        if len(self.collector.errors) == before:
            message = "the file is empty" if node is None else "a spec is a map of keys"
            remedy = "the smallest spec is:\nversion: 1\nassets:\n  heart.png: a heart"
            line = Span(source=source, line=1, column=1, length=len(source.line(1)))
            span = line if node is None else node.span
            self.collector.error("no-spec", message, span, help=remedy)
        return None

    def tree(self, file: Path, source: Source) -> Node | None:
        return document(source, self.cache.pieces.setdefault(file, Pieces()), self.collector)

    def version_fits(self, node: Branch, *, wanted: bool) -> bool:
        version = entry(node, "version")
        if version is None:
            if wanted:
                remedy = f"add this line at the top:\nversion: {VERSION}"
                self.collector.error("no-version", "'version' is missing", node.span, help=remedy)
            return not wanted
        value = version.data
        if value == VERSION and isinstance(value, int) and not isinstance(value, bool):
            return True
        if isinstance(value, int) and not isinstance(value, bool) and value > VERSION:
            remedy = f"this tool reads version {VERSION}: upgrade pixmake, or write 'version: {VERSION}'"
            self.collector.error("newer-version", f"the spec has version {value}", version.span, help=remedy)
        else:
            self.collector.error(
                "bad-version",
                f"'{value}' is no version of the language",
                version.span,
                help=f"write 'version: {VERSION}'",
            )
        return False

    def validate(self, node: Branch, model: type[Declared]) -> None:
        """Judges all declared fields of a file; assets one by one."""
        skeleton, beside, unknown = (Branch(node.spot) for _ in range(3))
        for name, item in node.entries.items():
            if name in ROOT_ONLY and model is not RootFields:
                remedy = "move it there: it holds for the whole project"
                message = f"'{name}' belongs into the root spec"
                self.collector.error("root-only-key", message, node.keys[name].span, help=remedy)
            elif not isinstance(item, Branch) or (name != "assets" and not item.judged):
                part = beside if name in BESIDE else unknown if _is_apart(name, item, model) else skeleton
                part.add(node.keys[name], name, item)
        before = self.faults()
        self.judge_all(beside, model)
        self.own_faults += self.faults() - before
        self.lacking(lambda: self.judge_all(unknown, model))
        self.judge_all(skeleton, model)
        for group in (branch(node, "groups") or empty()).entries.values():
            _judged_below(group)
        assets = branch(node, "assets") or empty()
        before = self.faults()
        for name, item in assets.entries.items():
            self.judge_asset(name, item)
        self.own_faults += self.faults() - before

    def faults(self) -> int:
        """Errors so far, harmless ones apart."""
        return sum(item.code not in HARMLESS for item in self.collector.errors)

    def lacking(self, read: Callable[[], T]) -> T:
        """Reads something without which names may be missing in templates, where it is wrong."""
        before = self.faults()
        found = read()
        self.lacks += self.faults() - before
        return found

    def judge_all(self, node: Branch, model: type[Declared]) -> None:
        if node.entries and self.judge(node, model):
            for item in node.entries.values():
                if isinstance(item, Branch):
                    item.judged = True

    def judge(self, node: Branch, model: type[Declared]) -> bool:
        try:
            model.read(node.data)
        except Unfit as error:
            self.collector.found += complain(error, node, model)
            return False
        return True

    def judge_asset(self, name: str, node: Node) -> bool:
        """An asset is a text or a map of declared fields."""
        if isinstance(node, Branch):
            try:
                if not node.judged:
                    self.judged.check(node)
                    node.judged = True
            except Unfit as error:
                self.collector.found += complain(error, node, AssetFields)
            return node.judged
        if isinstance(node, Leaf) and isinstance(node.value, str):
            return True
        remedy = f"write its prompt: '{name}: \"a heart\"'"
        message = f"'{name}' is a prompt or a map, not {shown(node.data)}"
        self.collector.error("wrong-type", message, node.span, help=remedy)
        return False

    def chosen(self, node: Branch, profile: str | None) -> Branch | None:
        if profile is None:
            return None
        found = branch(branch(node, "profiles"), profile)
        if found is None and profile not in (branch(node, "profiles") or empty()).entries:
            known = sorted((branch(node, "profiles") or empty()).entries)
            guess = did_you_mean(profile, known)
            listed = f"profiles: {', '.join(known)}" if known else "the spec has no profiles"
            remedy = f"did you mean '{guess}'? {listed}" if guess else listed
            self.collector.error("unknown-profile", f"no profile named '{profile}'", help=remedy)
        return found

    def templates_dir(self, node: Branch, file: Path, inherited: Path) -> Path:
        found = entry(node, "templates_dir")
        if not isinstance(found, Leaf) or not isinstance(found.value, str):
            return inherited
        folder = Path(os.path.normpath(file.parent / str(found.value)))
        if self.files.kind(str(folder)) != "folder":
            remedy = f"the path is relative to {self.files.where(file.parent)}"
            self.collector.error("missing-folder", f"no folder '{found.value}'", found.span, help=remedy)
        return folder

    def renderer(self, folder: Path) -> Renderer:
        return self.cache.renderer(folder, self.files)

    def vars_from(self, node: Branch, folder: Path) -> dict[str, Any]:
        """Variables of the files in `vars_from`, later ones over earlier."""
        found: dict[str, Any] = {}
        listed = entry(node, "vars_from")
        for item in listed.items if isinstance(listed, Row) else [listed] if listed is not None else []:
            if not isinstance(item, Leaf) or not isinstance(item.value, str):
                continue
            data = self.data_file(item, Path(os.path.normpath(folder / str(item.value))))
            if isinstance(data, dict):
                found = deep_data(found, data)
        return found

    def data_file(self, item: Leaf, path: Path) -> Any:
        try:
            source = self.files.text(path)
            if source is None:
                guess = self.files.nearest(path)
                remedy = f"did you mean '{guess}'?" if guess else None
                self.collector.error("missing-file", f"no file '{item.value}'", item.span, help=remedy)
                return None
            if path.suffix.lower() == ".json":
                from pixmake.spec.rows import read_json

                data = read_json(source)
            else:
                from pixmake.spec.document import parse

                node = parse(source.text, source, self.collector)
                data = untemplated(node.data) if node is not None else {}
        except Broken as broken:
            self.collector.found.append(broken.diagnostic)
            return None
        if not isinstance(data, dict):
            remedy = "write a map of names to values in it"
            self.collector.error("wrong-type", f"'{item.value}' is not a map of variables", item.span, help=remedy)
        return data

    def level(
        self, node: Branch, outer: Scope, prefix: str, file: Path, templates: Path, chain: tuple[Path, ...]
    ) -> None:
        """A file or group: its scope, its own assets, then its groups and includes."""
        profile_vars = branch(self.profile, "vars")
        made = self.lacking(lambda: inner_scope(outer, node, prefix, profile_vars, self.renderers, self.collector))
        self.levels += 1
        scope = self.cache.scope((*chain, made.prefix, self.levels), made)
        assets = branch(node, "assets") or empty()
        for name, item in assets.entries.items():
            if item.judged if isinstance(item, Branch) else isinstance(item.data, str):
                self.families.append(Family(key=assets.keys[name], name=name, node=item, scope=scope))
            else:
                self.absent.add(scope.prefix + name)
        groups = branch(node, "groups") or empty()
        for name, item in groups.entries.items():
            if isinstance(item, Branch):
                self.level(item, scope, f"{name}/", file, templates, chain)
        for item, path, after in self.included(entry(node, "include"), file):
            self.include(item, path, after, scope, templates, chain)

    def included(self, node: Node | None, file: Path) -> Iterator[tuple[Leaf, Path, str]]:
        """The files an `include` names, with the prefix of each."""
        for item in node.items if isinstance(node, Row) else [node] if node is not None else []:
            leaf = entry(item, "path") if isinstance(item, Branch) else item
            prefix = entry(item, "prefix")
            after = str(prefix.data) if isinstance(prefix, Leaf) and isinstance(prefix.value, str) else ""
            if not isinstance(leaf, Leaf) or not isinstance(leaf.value, str):
                continue
            text = str(leaf.value)
            if not is_glob(text):
                yield leaf, Path(os.path.normpath(file.parent / text)), after
                continue
            names = [name for name in self.files.glob(file.parent, text) if file.parent / name != file]
            if not names:
                remedy = f"the pattern is relative to {self.files.where(file.parent)}"
                self.collector.error("no-match", f"no file matches '{text}'", leaf.span, help=remedy)
            for name in names:
                yield leaf, Path(os.path.normpath(file.parent / name)), after

    def include(
        self, item: Leaf, path: Path, prefix: str, scope: Scope, templates: Path, chain: tuple[Path, ...]
    ) -> None:
        self.count += 1
        if path in chain or self.count > MOST_FILES:
            names = " → ".join(self.files.name(file) for file in (*chain, path))
            message = f"spec files include each other: {names}" if path in chain else f"more than {MOST_FILES} includes"
            self.collector.error("include-cycle", message[:300], item.span, help="remove one of the includes")
            return
        node = self.document(path, item)
        if not isinstance(node, Branch) or not self.version_fits(node, wanted=False):
            return
        self.validate(node, FileFields)
        own = self.templates_dir(node, path, templates)
        self.renderers.by_file.setdefault(self.files.name(path), self.renderer(own))
        data = self.lacking(lambda: self.vars_from(node, path.parent))
        if data:
            scope = replace(scope, own_vars=deep_data(scope.own_vars, data), bases={})
        self.level(node, scope, prefix, path, own, (*chain, path))


def texts_of(node: Node | None) -> list[str]:
    """The items of a list of texts."""
    return [str(item.data) for item in node.items if isinstance(item, Leaf)] if isinstance(node, Row) else []


def _is_apart(name: str, item: Node, model: type[Declared]) -> bool:
    """Whether an unknown key is not meant for assets, or at most names a file of variables."""
    if name in model.fields:
        return False
    if isinstance(item, Leaf):
        meant = did_you_mean(name, model.fields)
        return meant is None or meant in BESIDE
    import difflib  # only where something is wrong

    return bool(difflib.get_close_matches(name, MAPS_BESIDE, cutoff=0.8))


def _judged_below(group: Node) -> None:
    """The assets of groups were judged with the file that holds them."""
    for item in (branch(group, "assets") or empty()).entries.values():
        if isinstance(item, Branch):
            item.judged = True
    for inner in (branch(group, "groups") or empty()).entries.values():
        _judged_below(inner)
