"""Users are added to and removed from a file without a change of anything else in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rag_infer.errors import InputError
from rag_infer.serve.auth import load_users
from rag_infer.serve.users_file import (
    ListedUser,
    add_user,
    block_user,
    change_user,
    list_blocked,
    list_users,
    renew_token,
    revoke_user,
)

BEFORE = """# who may ask
[users.alice]  # the treasurer
token = "token-of-alice-0123456789"
groups = ["finance"]

[users.admin]
token = "token-of-admin-0123456789"
groups = [
  "operators",
]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "users.toml"
    path.write_text(BEFORE)
    return path


def test_a_new_user_has_a_token_that_works(path: Path) -> None:
    token = add_user(path, "bob.b", ("team", "finance"))
    user = load_users(path).authenticate(token)
    assert user is not None
    assert (user.name, user.groups) == ("bob.b", {"team", "finance"})
    assert token not in path.read_text()
    assert path.read_text().startswith(BEFORE)


def test_a_user_may_be_one_that_only_reads(path: Path) -> None:
    assert load_users(path).authenticate("token-of-alice-0123456789").may_write  # type: ignore[union-attr]
    token = add_user(path, "bot", ("team",), read_only=True)
    reader = load_users(path).authenticate(token)
    assert reader is not None
    assert not reader.may_write
    path.write_text(f"{path.read_text()}\n[users.x]\ntoken = '{'x' * 20}'\nread_only = 'no'\n")
    with pytest.raises(InputError, match="read_only must be true or false"):
        load_users(path)


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    token = add_user(path, "alice")
    assert load_users(path).authenticate(token) is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_revoked_user_is_gone_and_the_others_stay_as_written(path: Path) -> None:
    add_user(path, "bob", ("team",))
    revoke_user(path, "bob")
    revoke_user(path, "alice")
    assert list_users(path) == (ListedUser("admin", ("operators",), is_read_only=False),)
    assert 'groups = [\n  "operators",\n]' in path.read_text()
    with pytest.raises(InputError, match="only user"):
        revoke_user(path, "admin")


def test_a_renewed_token_replaces_the_former_one_and_nothing_else(path: Path) -> None:
    token = renew_token(path, "alice")
    store = load_users(path)
    alice = store.authenticate(token)
    assert alice is not None
    assert (alice.name, alice.groups) == ("alice", {"finance"})
    assert store.authenticate("token-of-alice-0123456789") is None
    assert store.authenticate("token-of-admin-0123456789") is not None
    assert path.read_text().startswith("# who may ask\n[users.alice]  # the treasurer\n")
    assert store.authenticate(renew_token(path, "alice")) is None  # the file is read anew
    with pytest.raises(InputError, match="no user 'bob'"):
        renew_token(path, "bob")


def test_a_user_comes_into_other_groups_with_the_same_token(path: Path) -> None:
    change_user(path, "admin", ("operators", "finance"), read_only=True)  # of an array of lines
    admin = load_users(path).authenticate("token-of-admin-0123456789")
    assert admin is not None
    assert (admin.groups, admin.may_write) == ({"operators", "finance"}, False)
    change_user(path, "admin", read_only=False)
    assert list_users(path) == (
        ListedUser("alice", ("finance",), is_read_only=False),
        ListedUser("admin", ("operators", "finance"), is_read_only=False),
    )
    with pytest.raises(InputError):
        change_user(path, "admin", ("a b/",))


def test_a_blocked_person_is_let_in_no_longer_until_unblocked(path: Path) -> None:
    block_user(path, "Eve@Example.com")
    block_user(path, "alice")
    assert list_blocked(path) == ("eve@example.com", "alice")
    assert all(line in path.read_text() for line in BEFORE.splitlines())
    store = load_users(path)
    assert store.is_blocked("EVE@example.com")
    assert store.authenticate("token-of-alice-0123456789") is None
    assert store.authenticate("token-of-admin-0123456789") is not None
    for name in ("alice", "a b", ""):
        with pytest.raises(InputError):
            block_user(path, name)
    block_user(path, "alice", is_blocked=False)
    block_user(path, "eve@example.com", is_blocked=False)
    assert path.read_text().split() == BEFORE.split()
    with pytest.raises(InputError, match="not blocked"):
        block_user(path, "alice", is_blocked=False)


def test_a_file_may_hold_nobody_but_the_blocked(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    block_user(path, "eve@example.com")
    assert (list_users(path), list_blocked(path)) == ((), ("eve@example.com",))
    assert not load_users(path).is_open
    with pytest.raises(InputError, match="no users"):
        block_user(path, "eve@example.com", is_blocked=False)
    path.write_text("blocked = 'eve'\n")
    with pytest.raises(InputError, match="list of names"):
        load_users(path)
    with pytest.raises(InputError, match=r"no user 'mo@x\.org'") as refusal:
        revoke_user(path, "mo@x.org")
    assert refusal.value.hint == "who is signed on elsewhere is blocked: rag users block mo@x.org"


def test_tables_written_in_another_way_are_changed_too(tmp_path: Path) -> None:
    inline = tmp_path / "inline.toml"
    users = (f'{name} = {{ token = "token-of-{name}-0123456789" }}' for name in "ab")
    inline.write_text(f"users = {{ {', '.join(users)} }}  # two\n")
    revoke_user(inline, "a")
    token = add_user(inline, "c", ("team",))
    store = load_users(inline)
    assert [user.name for user in list_users(inline)] == ["b", "c"]
    assert store.authenticate(token) is not None
    assert store.authenticate("token-of-a-0123456789") is None
    assert inline.read_text().endswith("# two\n")


def test_what_is_no_name_is_refused(path: Path) -> None:
    for name in ("../x", "everyone", "", "alice"):
        with pytest.raises(InputError):
            add_user(path, name)
    assert path.read_text() == BEFORE
    assert list(path.parent.glob(".*")) == []
