"""`rubric`: yes/no rules over text, Markdown and JSONL."""

from __future__ import annotations

import json

import pytest

from .conftest import Repository

POSTS = """
loops:
  posts:
    kind: rubric
    files: posts/*.md
    rules:
      - {id: short-title, field: title, max_words: 5, severity: error}
      - {id: names-its-product, mentions: {field: product}}
      - {id: no-filler, not_pattern: "(?i)in today's fast-paced world"}
      - {id: known-category, field: category, one_of: [news, guide]}
"""


def post(title: str = "Hello", product: str = "Mug", body: str = "About the mug.", category: str = "news") -> str:
    return f"---\ntitle: {title}\nproduct: {product}\ncategory: {category}\n---\n\n{body}\n"


def metrics(ran: object) -> dict[str, float]:
    return {m["subject"]: m["value"] for m in ran.result["measurements"][0]["metrics"] if m["name"] == "rate"}  # type: ignore[attr-defined]


def test_every_no_of_a_file_is_a_finding_and_all_answers_are_a_rate(repository: Repository) -> None:
    repository.config(POSTS)
    repository.write("posts/a.md", post())
    repository.write("posts/b.md", post())
    assert metrics(repository.run())["/"] == 1.0
    repository.write("posts/b.md", post(title="A title of far too many words", body="In today's fast-paced world."))
    ran = repository.run()
    assert ran.code == 1
    assert {(c["rule"], c["subject"]) for c in ran.changes if c["kind"] == "new"} == {
        ("posts/short-title", "posts/b.md"),
        ("posts/names-its-product", "posts/b.md"),
        ("posts/no-filler", "posts/b.md"),
    }
    assert metrics(ran) == {
        "/": 5 / 8,
        "short-title": 0.5,
        "names-its-product": 0.5,
        "no-filler": 0.5,
        "known-category": 1.0,
    }


def test_another_question_gets_a_first_look_and_a_dropped_one_is_retired(repository: Repository) -> None:
    repository.config("loops: {posts: {kind: rubric, files: '*.md', rules: [{id: short, max_words: 1}]}}\n")
    repository.write("a.md", "two words")
    repository.run()
    rules = "[{id: short, max_words: 0}, {id: polite, pattern: please, severity: error}]"
    repository.config(f"loops: {{posts: {{kind: rubric, files: '*.md', rules: {rules}}}}}\n")
    ran = repository.run()
    assert ran.code == 0
    assert {(c["rule"], c["kind"]) for c in ran.changes} == {
        ("posts/short", "persisting"),
        ("posts/polite", "first-look"),
    }
    repository.config("loops: {posts: {kind: rubric, files: '*.md', rules: [{id: polite, pattern: please}]}}\n")
    ran = repository.run()
    assert {(c["rule"], c["kind"]) for c in ran.changes} == {("posts/short", "retired"), ("posts/polite", "persisting")}


def test_a_missing_field_is_a_no(repository: Repository) -> None:
    repository.config(POSTS)
    repository.write("posts/a.md", "no front matter\n")
    messages = [c["message"] for c in repository.run().changes]
    assert any("has no field `title`" in message for message in messages)


SAMPLE = """
loops:
  greetings:
    kind: rubric
    files: logs/*.jsonl
    {id}
    rules: [{{id: short, max_words: 8}}]
"""


def rows(good: int, bad: int, start: int = 0) -> str:
    texts = ["Good morning, Ada!"] * good + ["word " * 30] * bad
    return "".join(json.dumps({"n": start + i, "text": text}) + "\n" for i, text in enumerate(texts))


def test_rows_without_identity_are_a_sample_that_chance_may_move(repository: Repository) -> None:
    repository.config(SAMPLE.format(id=""))
    repository.write("logs/a.jsonl", rows(190, 10))
    repository.run()
    repository.write("logs/a.jsonl", rows(186, 14))
    assert repository.run().changes == []
    repository.write("logs/a.jsonl", rows(140, 60))
    (change,) = repository.run().changes
    assert (change["kind"], change["rule"], change["subject"]) == ("new", "greetings/rate-down", "short")
    assert "140 of 200" in change["message"]
    assert repository.run().kinds == ["persisting"], "it stays down until it recovers"
    repository.write("logs/a.jsonl", rows(188, 12))
    assert repository.run().kinds == ["fixed"]


def test_a_rate_that_slips_a_little_every_day_is_noticed(repository: Repository) -> None:
    repository.config(SAMPLE.format(id=""))
    told = []
    for day in range(20):
        repository.write("logs/a.jsonl", rows(192 - 4 * day, 8 + 4 * day))
        told.append(repository.run().kinds)
    first = told.index(["new"])
    assert first <= 10, "before the 40th of 192 is lost"
    assert told[first + 1 :] == [["persisting"]] * (19 - first)


def test_other_questions_begin_a_reference_of_their_own(repository: Repository) -> None:
    repository.config(SAMPLE.format(id=""))
    repository.write("logs/a.jsonl", rows(190, 10))
    repository.run()
    repository.config(SAMPLE.format(id="").replace("max_words: 8", "max_words: 3"))
    repository.write("logs/a.jsonl", rows(190, 10).replace("Good morning, Ada!", "A very good morning, Ada!"))
    assert "new" not in repository.run().kinds


def test_a_pattern_without_end_is_told_and_the_other_texts_count(repository: Repository) -> None:
    repository.config(SAMPLE.format(id="").replace("max_words: 8", "pattern: '^(a|aa)+$'"))
    repository.write("logs/a.jsonl", "".join(json.dumps({"text": t}) + "\n" for t in ("aaa", "a" * 60 + "!", "a")))
    (measurement,) = repository.run().result["measurements"]
    assert measurement["coverage"]["measured"] == 2
    (skipped,) = measurement["coverage"]["skipped"]
    assert skipped["subject"] == "logs/a.jsonl:2"
    assert "needs more than 1 s" in skipped["reason"]


def test_rows_with_an_id_are_told_by_name_and_line(repository: Repository) -> None:
    repository.config(SAMPLE.format(id="id: n"))
    repository.write("logs/a.jsonl", rows(3, 0))
    repository.run()
    repository.write("logs/a.jsonl", rows(3, 0) + rows(0, 1, start=7))
    (change,) = repository.run().changes
    assert (change["subject"], change["key"], change["line"]) == ("logs/a.jsonl", "7", 4)


def test_a_broken_row_is_told_as_not_measured_and_the_rest_counts(repository: Repository) -> None:
    repository.config(SAMPLE.format(id=""))
    repository.write("logs/a.jsonl", rows(3, 0) + "not json\n[1]\n")
    (measurement,) = repository.run().result["measurements"]
    assert measurement["coverage"]["measured"] == 3
    assert [s["subject"] for s in measurement["coverage"]["skipped"]] == ["logs/a.jsonl:4", "logs/a.jsonl:5"]


def test_no_text_at_all_is_not_measured(repository: Repository) -> None:
    repository.config(POSTS)
    ran = repository.run()
    assert ran.code == 3
    assert "no text matches `posts/*.md`" in ran.result["measurements"][0]["reason"]


def test_a_link_out_of_the_repository_is_not_followed(repository: Repository) -> None:
    repository.config(POSTS)
    repository.write("posts/a.md", post())
    (repository.root / "posts" / "b.md").symlink_to("/etc/hostname")
    (measurement,) = repository.run().result["measurements"]
    assert measurement["coverage"]["measured"] == 1


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{id: a}", "asks nothing"),
        ("{id: a, pattern: '('}", "not a regular expression"),
        ("{id: a, max_word: 3}", "did you mean `max_words`?"),
        ("{id: a, max_words: 3}, {id: a, min_words: 1}", "two rules are called `a`"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_a_config_error(repository: Repository, rule: str, words: str) -> None:
    repository.config(f"loops: {{posts: {{kind: rubric, files: '*.md', rules: [{rule}]}}}}\n")
    ran = repository.run()
    assert ran.code == 2
    assert words in ran.stderr
    assert "autoresearch/config.yml:2:" in ran.stderr
