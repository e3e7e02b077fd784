# SPDX-License-Identifier: ISC
"""The matrix of settings and options and of the tests that show their effects: is it whole, and true? For contrib/lint."""

import ast
import os
import re
import tomllib

MATRIX = "tests/matrix.toml"
FIXTURES = "tests/conftest.py"
SCOPES = {"options": ["key", "principal"], "certificates": ["certificate"]}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# --- What there is --------------------------------------------------------------------------------

def keywords():
    """Each keyword with its scopes, if it works; those that do not, too."""
    works, others = {}, set()
    for line in read("common/config/keywords.def").split("\n"):
        row = re.match(r"ROW\((\w+),\s*\w+,\s*(GLOBAL|MATCH),.*(WORKS|WITH_KERBEROS\(.*\)|ONLY\(.*\)|ABSENT)\)$", line)
        if row and row.group(3).startswith(("WORKS", "WITH_KERBEROS")):
            works[row.group(1)] = ["global", "match"] if row.group(2) == "MATCH" else ["global"]
        elif row:
            others.add(row.group(1))
    return works, others


def table_of(text, name):
    """The first words in the rows of a C table."""
    found = re.search(rf"\b{name}\[\] = \{{\n(.*?)\n\s*\}};", text, re.DOTALL)
    return re.findall(r'^\s*\{ "([\w-]+)"', found.group(1), re.MULTILINE) if found else []


def options():
    text = read("monitor/lines/options.c")
    both = table_of(text, "flags") + table_of(text, "demands")
    alone = re.findall(r'is_word\(name, "([\w-]+)"\)', text)
    return [*alone, *both, *(f"no-{name}" for name in both), *table_of(text, "valued")]


def terms():
    text = read("monitor/rules/terms.c")
    return re.findall(r'bytes_is\(name, "([\w-]+)"\)', text) + table_of(text, "extensions")


# --- What a test is about -------------------------------------------------------------------------

def pieces_of(path):
    """Functions with their decorators, and constants, of a Python file: name -> text."""
    text = read(path)
    lines, found = text.split("\n"), {}
    for node in ast.parse(text).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        piece = "\n".join(lines[first - 1:node.end_lineno])
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = piece
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = piece
    return found


def fixtures_of(piece):
    """What a function asks pytest for: its parameters, but for those that it is given a list of values for."""
    node = ast.parse(piece).body[0]
    if not isinstance(node, ast.FunctionDef):
        return set()
    given = {name.strip() for decorator in node.decorator_list if isinstance(decorator, ast.Call)
             for first in decorator.args[:1] if isinstance(first, ast.Constant) for name in str(first.value).split(",")}
    return {argument.arg for argument in node.args.args} - given


def text_of(path, function):
    """The test, and whatever of its file it uses, directly or not, with the fixtures of all files."""
    pieces, shared = pieces_of(path), pieces_of(FIXTURES)
    wanted, taken = [function], {}
    while wanted:
        name = wanted.pop()
        piece = pieces.get(name, shared.get(name))
        if name in taken or piece is None:
            continue
        taken[name] = piece
        wanted += set(re.findall(r"\b[A-Za-z_]\w*\b", piece)) & set(pieces)
        wanted += fixtures_of(piece) & set(shared)
    return "\n".join(taken.values())


# "no-pty" on ssh-keygen's command line leaves the extension permit-pty out.
def words_for(name):
    return [name, name.replace("permit-", "no-", 1)] if name.startswith("permit-") else [name]


def problems_of_test(name, scope, test):
    """Why this test cannot be what shows it; "" if nothing is wrong."""
    path, _, function = test.partition("::")
    path = f"tests/{path}"
    if not os.path.exists(path):
        return f"{path} is not there"
    if path.endswith(".c"):
        is_there = re.search(rf"^{function}\(", read(path), re.MULTILINE)
        return "" if function and is_there else f"{path} has no {function}"
    if function not in pieces_of(path) or not function.startswith("test_"):
        return f"{path} has no test {function}"
    text = text_of(path, function)
    if not any(re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])", text, re.IGNORECASE)
               for w in words_for(name)):
        return f"{test} does not name it"
    if scope == "match" and not re.search(r"\bMatch\b", text):
        return f"{test} has no Match block"
    return ""


# --- The comparison -------------------------------------------------------------------------------

def check_cell(where, name, scope, cells, waiting):
    """Problems of one cell, as texts."""
    if "waits" in cells:
        if cells["waits"] not in waiting:
            yield f"{where}.{name} waits for {cells['waits']}, which works: a test must show its effect"
        reason = problems_of_test(name, "kept", cells.get("kept", ""))
    elif scope not in cells:
        yield f"{where}.{name} has no test in the scope {scope}"
        return
    else:
        if not cells[scope].startswith(("interop/", "attack/")):
            yield f"{where}.{name}: {cells[scope]} shows no effect, as a client sees it"
        reason = problems_of_test(name, scope, cells[scope])
    if reason:
        yield f"{where}.{name}, {scope}: {reason}"


def check_part(where, wanted, cells, waiting):
    for name, scopes in wanted.items():
        if name not in cells:
            yield f"{where}.{name} is not there"
            continue
        for scope in scopes:
            yield from check_cell(where, name, scope, cells[name], waiting)
        for scope in set(cells[name]) - set(scopes) - {"waits", "kept"}:
            yield f"{where}.{name} has no scope {scope}"
    for name in cells:
        if name not in wanted:
            yield f"{where}.{name}: there is no such thing, or it does not work"


def problems():
    """What is missing from the matrix, or wrong in it."""
    matrix = tomllib.loads(read(MATRIX))
    works, waiting = keywords()
    found = list(check_part("keywords", works, matrix.get("keywords", {}), waiting))
    for where, names in (("options", options()), ("certificates", terms())):
        if not names:
            found.append(f"{where}: none were found in the source; has a table another name?")
        wanted = {name: SCOPES[where] for name in names}
        found += check_part(where, wanted, matrix.get(where, {}), waiting)
    return found
