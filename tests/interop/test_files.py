# SPDX-License-Identifier: ISC
"""sftp and scp through the daemon."""
import hashlib
import os
import stat

import pytest


@pytest.fixture
def box(server):
    """A folder that the account may write, and one of our own."""
    import shutil
    there = server.suite.account.home / "box"
    there.mkdir(mode=0o755)
    os.chown(there, server.suite.account.entry.pw_uid, server.suite.account.entry.pw_gid)
    here = server.suite.folder / "here"
    here.mkdir()
    yield there, here
    shutil.rmtree(there)
    shutil.rmtree(here)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_put_get_list_rename_remove(server, box):
    there, here = box
    (here / "a").write_bytes(os.urandom(3_000_001))
    out = server.sftp(f"put {here}/a {there}/a\nls -l {there}\nrename {there}/a {there}/b\n"
                      f"get {there}/b {here}/b\nrm {there}/b\nls {there}\n").stdout.decode()
    assert "3000001" in out
    assert digest(here / "a") == digest(here / "b")
    assert not list(there.iterdir())


def test_folders_modes_links(server, box):
    there, here = box
    (here / "a").write_text("text")
    server.sftp(f"mkdir {there}/d\nput {here}/a {there}/d/a\nchmod 640 {there}/d/a\n"
                f"symlink d/a {there}/link\n")
    assert stat.S_IMODE((there / "d/a").stat().st_mode) == 0o640
    assert os.readlink(there / "link") == "d/a"
    server.sftp(f"rm {there}/link\nrm {there}/d/a\nrmdir {there}/d\n")
    assert not list(there.iterdir())


def test_resume_in_both_directions(server, box):
    there, here = box
    whole = os.urandom(2_000_000)
    (here / "up").write_bytes(whole)
    (there / "up").write_bytes(whole[:700_000])
    os.chown(there / "up", server.suite.account.entry.pw_uid, -1)
    (there / "down").write_bytes(whole)
    (here / "down").write_bytes(whole[:900_000])
    server.sftp(f"reput {here}/up {there}/up\nreget {there}/down {here}/down\n")
    assert (there / "up").read_bytes() == whole and (here / "down").read_bytes() == whole


def test_what_is_refused_says_why(server, box):
    there, _ = box
    assert b"nothing\" not found" in server.sftp(f"get {there}/nothing\n", check=False).stderr
    assert b"ermission denied" in server.sftp("get /etc/shadow /dev/null\n", check=False).stderr


@pytest.mark.parametrize("flags", [[], ["-O"]])
def test_scp_both_ways(server, box, flags):
    there, here = box
    (here / "x y").write_bytes(os.urandom(1_500_000))
    quoted = f"{there}/copy" if not flags else f"{there}/copy"
    server.scp(*flags, here / "x y", f"{server.target()}:{quoted}")
    server.scp(*flags, "-p", f"{server.target()}:{quoted}", here / "back")
    assert digest(here / "x y") == digest(here / "back")


def test_scp_of_a_tree(server, box):
    there, here = box
    (here / "t/u").mkdir(parents=True)
    for i in range(50):
        (here / f"t/u/{i}").write_bytes(os.urandom(i * 1000))
    server.scp("-r", here / "t", f"{server.target()}:{there}/")
    assert all(digest(here / f"t/u/{i}") == digest(there / f"t/u/{i}") for i in range(50))


def test_the_sftp_server_runs_as_the_user(server, box):
    there, here = box
    (here / "a").write_text("x")
    server.sftp(f"put {here}/a {there}/a\n")
    assert (there / "a").stat().st_uid == server.suite.account.entry.pw_uid


def test_unknown_subsystem_is_refused(server):
    done = server.ssh("nosuch", flags=["-s"], check=False)
    assert done.returncode == 255 and b"subsystem request failed" in done.stderr


def test_internal_sftp(start, box):
    there, here = box
    server = start(Subsystem="sftp internal-sftp")
    (here / "a").write_text("x")
    server.sftp(f"put {here}/a {there}/a\n")
    assert (there / "a").read_text() == "x"
