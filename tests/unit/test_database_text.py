"""One SQL text becomes each engine's own."""

import pytest

from ringback.db.text import for_postgresql, for_sqlite


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("SELECT a FROM t WHERE b = :b AND c = :c_2", "SELECT a FROM t WHERE b = %(b)s AND c = %(c_2)s"),
        ("SELECT a FROM t WHERE b LIKE '10%' || :b", "SELECT a FROM t WHERE b LIKE '10%%' || %(b)s"),
        ("SELECT 7 % :n", "SELECT 7 %% %(n)s"),
        ("SELECT ':not', 'it''s :not either', :yes", "SELECT ':not', 'it''s :not either', %(yes)s"),
        ('SELECT ":not" FROM t -- :nor this\n WHERE a = :a', 'SELECT ":not" FROM t -- :nor this\n WHERE a = %(a)s'),
        ("SELECT /* :not\n :here */ :a", "SELECT /* :not\n :here */ %(a)s"),
        ("SELECT :a::bigint, b::text", "SELECT %(a)s::bigint, b::text"),
        ("SELECT a[1:2] FROM t", "SELECT a[1:2] FROM t"),
        ("INSERT INTO t VALUES (:a,:b)", "INSERT INTO t VALUES (%(a)s,%(b)s)"),
        ("SELECT a FROM t FOR UPDATE SKIP LOCKED", "SELECT a FROM t FOR UPDATE SKIP LOCKED"),
    ],
)
def test_postgresql_gets_psycopgs_parameters(written, sent):
    assert for_postgresql(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("SELECT a FROM t WHERE b = :b FOR UPDATE", "SELECT a FROM t WHERE b = :b"),
        ("SELECT a FROM t\n LIMIT 5\n FOR UPDATE SKIP LOCKED", "SELECT a FROM t\n LIMIT 5"),
        ("SELECT a FROM t for  update of t nowait", "SELECT a FROM t"),
        ("SELECT a FROM t FOR NO KEY UPDATE SKIP LOCKED", "SELECT a FROM t"),
        (
            "UPDATE t SET a = 1 WHERE b IN (SELECT b FROM t FOR UPDATE SKIP LOCKED) RETURNING a",
            "UPDATE t SET a = 1 WHERE b IN (SELECT b FROM t) RETURNING a",
        ),
        ("SELECT ' FOR UPDATE', a FROM t", "SELECT ' FOR UPDATE', a FROM t"),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
        ),
        ("SELECT for_updates FROM t", "SELECT for_updates FROM t"),
    ],
)
def test_sqlite_gets_no_row_locks(written, sent):
    assert for_sqlite(written) == sent
