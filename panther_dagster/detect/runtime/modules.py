"""Python files of one pack -> modules. Knows no YAML and no events."""

from __future__ import annotations

import builtins
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from panther_dagster.detect.runtime.caching import caching_module
from panther_dagster.detect.runtime.core import core_modules
from panther_dagster.detect.state import KeyValueStore

Around = Callable[[Path], AbstractContextManager[None]]


class PackModules:
    """What code of one pack can import: the runtime's modules, the pack's helpers, and everything that Python has.

    Args: helpers: file of each global helper by GlobalID. store: where `caching` keeps its entries. around: is entered while a file's
    code runs; it may refuse a file by raising.
    """

    def __init__(self, helpers: Mapping[str, Path], store: KeyValueStore, around: Around | None = None) -> None:
        self._helpers = dict(helpers)
        self._around = around or (lambda file: nullcontext())
        package = ModuleType("panther_detection_helpers")
        caching = caching_module(store)
        package.caching = caching  # type: ignore[attr-defined]
        self._modules: dict[str, ModuleType] = {
            **core_modules(),
            package.__name__: package,
            caching.__name__: caching,
        }
        self._roots = {name.partition(".")[0] for name in self._modules} | set(self._helpers)
        # Every module of the pack has this dict as its builtins, so the import statements in it, at any time, come to this object.
        self._builtins = {**vars(builtins), "__import__": self._import}
        self._texts: dict[Path, bytes] = {}

    def run(self, file: Path, name: str) -> ModuleType:
        """A fresh module from a detection's or data model's file; it is registered nowhere. Raises whatever its code raises."""
        module = self._fresh(file, name)
        with self._around(file):
            exec(self._compiled(file), vars(module))
        return module

    def helper(self, name: str) -> ModuleType:
        """The helper of that GlobalID; run at first use. Raises whatever its code raises."""
        module = self._modules.get(name)
        if module is None:
            file = self._helpers[name]
            code = self._compiled(file)
            module = self._modules[name] = self._fresh(file, name)
            try:
                with self._around(file), _known_to_python(module):
                    exec(code, vars(module))
            except BaseException:
                del self._modules[name]
                raise
        return module

    def text(self, file: Path) -> bytes:
        """The code of a file as it was when first read."""
        text = self._texts.get(file)
        if text is None:
            text = self._texts[file] = file.read_bytes()
        return text

    def digest(self, names: Iterable[str]) -> str:
        """Hash over the text of these helpers."""
        parts = sorted((name, hashlib.sha256(self.text(self._helpers[name])).hexdigest()) for name in names if name in self._helpers)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def file_of(self, name: str) -> Path | None:
        """The file of a helper; None when no helper has that name."""
        return self._helpers.get(name)

    def _fresh(self, file: Path, name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(file)
        vars(module)["__builtins__"] = self._builtins
        return module

    def _compiled(self, file: Path) -> CodeType:
        code: CodeType = compile(self.text(file), str(file), "exec", dont_inherit=True)
        return code

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> ModuleType:
        root = name.partition(".")[0]
        if level or root not in self._roots:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = self._own(name)
        return module if fromlist else self._own(root)

    def _own(self, name: str) -> ModuleType:
        if name in self._helpers:
            return self.helper(name)
        module = self._modules.get(name)
        if module is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return module


@contextmanager
def _known_to_python(module: ModuleType) -> Iterator[None]:
    # dataclasses looks a class's module up in sys.modules while it makes the class; afterwards nothing does.
    name = module.__name__
    is_free = name not in sys.modules
    if is_free:
        sys.modules[name] = module
    try:
        yield
    finally:
        if is_free and sys.modules.get(name) is module:
            del sys.modules[name]
