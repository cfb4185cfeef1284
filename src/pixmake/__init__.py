"""pixmake: make for images you pay for.

The porch: names are fetched when they are asked for, so that importing it costs nothing. No module of the house imports it.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as type checkers read it; `typing` itself takes as long to import as Python to start
if TYPE_CHECKING:
    from pixmake.build.project import Project
    from pixmake.build.project import load_project as load
    from pixmake.build.report import BuildReport
    from pixmake.diagnostics import Diagnostic, ExitCode, Problem
    from pixmake.events import Event
    from pixmake.plan.planner import Plan

_HOME = {
    "BuildReport": "pixmake.build.report:BuildReport",
    "Diagnostic": "pixmake.diagnostics:Diagnostic",
    "Event": "pixmake.events:Event",
    "ExitCode": "pixmake.diagnostics:ExitCode",
    "Plan": "pixmake.plan.planner:Plan",
    "Problem": "pixmake.diagnostics:Problem",
    "Project": "pixmake.build.project:Project",
    "load": "pixmake.build.project:load_project",
}

__all__ = ["BuildReport", "Diagnostic", "Event", "ExitCode", "Plan", "Problem", "Project", "__version__", "load"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'pixmake' has no attribute '{name}'")
    from importlib import import_module

    module, _, attribute = _HOME[name].partition(":")
    return getattr(import_module(module), attribute)
