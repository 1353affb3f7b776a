"""The shape of the code: which module may know which, what an import costs, and what no file may hold."""

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from cases import ROOT

from coursekit.model import HEADINGS
from coursekit.rules import RULES

PACKAGE = ROOT / "coursekit"

# Reading order: a module imports only what stands before it.
ORDER = (
    "model",
    "reading",
    "tables",
    "counting",
    "apart",
    "chart",
    "facts",
    "readings",
    "rules",
    "keyed",
    "engine",
    "thoughts",
    "claimpath",
    "codetree",
    "showing",
    "files",
    "terms",
    "course",
    "reference",
    "pictures",
    "earned",
    "feedback",
    "fees",
    "remittance",
    "explorers",
    "search",
    "draft",
    "checks",
    "book",
    "statements",
    "lines",
    "journal",
    "store",
    "grader",
    "cms",
    "picture",
    "record",
    "placing",
    "desk",
    "forms",
    "doctor",
    "lab",
    "terminal",
    "prompts",
    "play",
    "verbs",
    "quarterly",
    "classroom",
    "interchange",
    "service",
    "cli",
    "__main__",
    "__init__",
)

# None of these is needed to grade an answer.
HEAVY = ("pandas", "ipywidgets", "anywidget", "IPython", "sqlalchemy", "nbformat", "jsonschema")


def module_of(path):
    """The module, or the subpackage, that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@cache
def sources():
    """Every Python file of the package with its tree."""
    return [(path, ast.parse(path.read_text(encoding="utf-8"), str(path))) for path in sorted(PACKAGE.rglob("*.py"))]


def imports(tree):
    """Every import that runs, at the top or inside a function; those for type checkers alone do not run."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return
    if isinstance(tree, ast.Import | ast.ImportFrom):
        yield tree
    for child in ast.iter_child_nodes(tree):
        yield from imports(child)


def imported(path, node):
    """The modules of this package that an import names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.level:
        inside = ["coursekit", *path.relative_to(PACKAGE).parts[:-1]]
        base = ".".join([*inside[: len(inside) - node.level + 1], *([node.module] if node.module else [])])
        names = [f"{base}.{alias.name}" for alias in node.names]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    found = {name.split(".")[1] for name in names if name.startswith("coursekit.")}
    # `from . import __version__` names no module.
    return found & {module_of(path) for path, _ in sources()}


def arrows():
    """Every arrow from one module to another: who imports whom, and where."""
    for path, tree in sources():
        for node in imports(tree):
            for other in imported(path, node) - {module_of(path)}:
                yield module_of(path), other, f"{path.relative_to(ROOT).as_posix()}, line {node.lineno}"


def test_every_module_has_its_place_in_the_reading_order():
    assert sorted({module_of(path) for path, _ in sources()}) == sorted(ORDER)


def test_no_arrow_points_back():
    place = {name: n for n, name in enumerate(ORDER)}
    back = [f"{where}: {who} imports {whom}" for who, whom, where in arrows() if place[whom] >= place[who]]
    assert back == []


def test_the_test_above_sees_the_arrows():
    seen = {(who, whom) for who, whom, _ in arrows()}
    assert {("facts", "tables"), ("rules", "facts"), ("engine", "rules"), ("desk", "feedback")} <= seen
    # This one stands inside a function.
    assert ("__init__", "forms") in seen


def test_the_nouns_need_nothing_but_the_standard_library():
    tree = ast.parse((PACKAGE / "model.py").read_text(encoding="utf-8"))
    names = {(node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) for node in imports(tree)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_only_forms_know_a_browser():
    knowing = {module_of(path) for path, tree in sources() for node in imports(tree) if names_of(node) & BROWSER}
    assert knowing == {"forms"}


BROWSER = {"anywidget", "ipywidgets", "traitlets"}


def names_of(node):
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.split(".")[0] for name in names}


def test_only_tables_and_files_know_how_yaml_is_read():
    knowing = {module_of(path) for path, tree in sources() for node in imports(tree) if "yaml" in names_of(node)}
    assert knowing == {"reading"}


# What an import costs ------------------------------------------------------------------------------------------------


def loaded_by(statement):
    """The modules that a fresh interpreter has loaded after a statement."""
    said = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ
    )
    return {name.split(".")[0] for name in run.stdout.split()}


@pytest.mark.parametrize(
    "statement",
    [
        "import coursekit",
        "import coursekit.engine, coursekit.desk",
        "from coursekit.course import Course; from coursekit import engine; c = Course.find()\n"
        "for e in c.exercises(): c.solution(e.name)",
        "import coursekit.cli",
    ],
    ids=["package", "engine and desk", "whole course", "command line"],
)
def test_nothing_heavy_is_loaded_before_it_is_used(statement):
    loaded = loaded_by(statement)
    assert loaded & set(HEAVY) == set()
    assert "coursekit" in loaded


# Names and docstrings ------------------------------------------------------------------------------------------------


def public(tree):
    """Every public function and class of a file, and the public methods of its classes, with their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{name}", inner) for name, inner in public(node))


def test_no_public_function_bears_the_name_of_a_module():
    same = [
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path, tree in sources()
        for name, _ in public(tree)
        if name in ORDER
    ]
    assert same == []


def test_everything_public_has_a_docstring():
    bare = [
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path, tree in sources()
        for name, node in [("the module", tree), *public(tree)]
        if path.name != "__main__.py" and not ast.get_docstring(node)
    ]
    assert bare == []


def test_a_rule_says_one_sentence_and_is_cited():
    for rule in RULES:
        assert rule.says.endswith("."), rule.id
        assert rule.source, rule.id


def test_the_modules_of_the_rules_are_named_after_the_headings():
    named = {path.stem.replace("_", " ") for path in (PACKAGE / "rules").glob("*.py")}
    assert named - {"  init  ", "saying"} == set(HEADINGS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_stands_in_the_module_of_its_heading(rule):
    assert rule.check.__module__ == f"coursekit.rules.{rule.heading.replace(' ', '_')}"


# What no file may hold -----------------------------------------------------------------------------------------------

TOOLS = {
    ".git",
    ".venv",
    ".venv-hub",
    ".venv-site",
    ".hub",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    "__pycache__",
    ".ipynb_checkpoints",
    "node_modules",
}

# Each pattern is written so that it does not match itself.
REGISTRIES = re.compile(
    r"py[p]i[.]org|python[h]osted|registry[.]npm[j]s|[d]eb[.]debian|[d]ebian[.]org|files[.]conda[.]io"
)
CODE_BOOK = re.compile(
    r"(?:1|one) or [m]ore areas, each 15 minutes|[s]troking, compression, percussion"
    r"|mobilization ?/ ?[m]anipulation, manual lymphatic drainage",
    re.IGNORECASE,
)


def files():
    """Every text file of the repository."""
    for folder, inside, names in os.walk(ROOT):
        made = {"site", "build"} if Path(folder) == ROOT else set()
        inside[:] = [name for name in inside if name not in TOOLS | made and not name.endswith(".egg-info")]
        for name in names:
            path = Path(folder) / name
            if path.suffix not in {".png", ".pyc", ".db", ".sqlite", ".gz", ".whl"}:
                yield path


def holding(pattern):
    found = []
    for path in files():
        for n, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT).as_posix()}, line {n}")
    return found


def test_no_file_names_the_host_of_a_package_registry():
    assert holding(REGISTRIES) == []


def test_no_file_holds_wording_of_the_code_book():
    assert holding(CODE_BOOK) == []


def test_the_two_patterns_find_what_they_are_meant_to_find():
    assert REGISTRIES.search("https://py" + "pi.org/simple")
    assert CODE_BOOK.search("Massage, one or " + "more areas, each 15 minutes; s" + "troking, compression, percussion")
