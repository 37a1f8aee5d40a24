from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from autoresearch.signals.routes import Routes, declared, detected, front_matter, objection

NOW = dt.datetime(2026, 10, 5, tzinfo=dt.UTC)


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, *names: str, text: str = "") -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def needs(self, *packages: str) -> None:
        self.write("package.json", text=json.dumps({"dependencies": dict.fromkeys(packages, "*")}))

    def routes(self) -> Routes:
        routes = detected([self.root], NOW)
        assert routes is not None
        return routes

    def static(self) -> list[str]:
        return sorted(self.routes().static)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_repository_without_a_known_framework_has_no_routes(repository: Repository) -> None:
    repository.needs("express")
    repository.write("pages/index.js", "content/post.md", "_posts/2026-01-01-x.md")
    assert detected([repository.root], NOW) is None


def test_next_app_router(repository: Repository) -> None:
    repository.needs("next")
    repository.write(
        "app/page.tsx",
        "app/(shop)/about/page.jsx",
        "app/layout.tsx",
        "app/about/helper.tsx",
        "app/api/route.ts",
        "app/_private/page.tsx",
        "app/@modal/login/page.tsx",
        "app/feed/(..)photo/page.tsx",
        "app/%5Flog/page.tsx",
        "app/blog/[slug]/page.tsx",
        "app/docs/[...path]/page.mdx",
    )
    assert repository.static() == ["/", "/_log", "/about"]
    routes = repository.routes()
    assert routes.static["/about"] == "app/(shop)/about/page.jsx"
    strangers = ["/blog", "/blog/a/b", "/photo", "/login", "/old"]
    explained = ["/", "/about", "/blog/a", "/docs", "/docs/a/b/c"]
    assert [s for s in strangers + explained if routes.is_stranger(s)] == strangers


def test_next_pages_router(repository: Repository) -> None:
    repository.needs("next", "react")
    repository.write("src/pages/index.tsx", "src/pages/team/index.js", "src/pages/shop/pots.jsx")
    repository.write(
        "src/pages/_app.tsx", "src/pages/api/hello.ts", "src/pages/styles.module.css", "src/pages/[id].tsx"
    )
    repository.write("public/legacy.html")
    assert repository.static() == ["/", "/shop/pots", "/team"]
    assert not repository.routes().is_stranger("/legacy")
    assert repository.routes().is_stranger("/shop/mugs")


@pytest.mark.parametrize("config", ["async rewrites() {}", "i18n: {locales}", "basePath: '/x'"])
def test_a_config_that_makes_other_addresses_leaves_nobody_a_stranger(repository: Repository, config: str) -> None:
    repository.needs("next")
    repository.write("app/page.tsx")
    assert repository.routes().is_stranger("/old")
    repository.write("next.config.mjs", text=f"export default {{{config}}}")
    assert not repository.routes().is_stranger("/old")


def test_astro(repository: Repository) -> None:
    repository.needs("astro")
    repository.write("src/pages/index.astro", "src/pages/posts/1.md", "src/pages/about.html", "src/pages/_part.astro")
    repository.write("src/pages/_lib/x.astro", "src/pages/rss.xml.js", "src/pages/[lang]-[version]/info.astro")
    repository.write("src/pages/later.md", text="---\ndraft: true\n---\n")
    assert repository.static() == ["/", "/about", "/posts/1"]
    assert not repository.routes().is_stranger("/en-v1/info")
    assert repository.routes().is_stranger("/later")


def test_sveltekit(repository: Repository) -> None:
    repository.needs("@sveltejs/kit")
    repository.write("src/routes/+page.svelte", "src/routes/(app)/team/+page@.svelte", "src/routes/api/+server.js")
    repository.write("src/routes/[[lang]]/shop/+page.svelte", "src/routes/wiki/[...path]/+page.svelte")
    repository.write("src/routes/team/+layout.svelte", "static/old.html")
    assert repository.static() == ["/", "/team"]
    strangers = [
        s for s in ("/shop", "/de/shop", "/wiki", "/wiki/a/b", "/old", "/x") if repository.routes().is_stranger(s)
    ]
    assert strangers == ["/x"]


def test_nuxt(repository: Repository) -> None:
    repository.needs("nuxt")
    repository.write("app/pages/index.vue", "app/pages/users-[group]/[id].vue", "app/pages/(legal)/terms.vue")
    repository.write("app/pages/shop.vue", "app/pages/shop/sale.vue", "app/pages/-ignored.vue", "app/pages/a.spec.ts")
    assert repository.static() == ["/", "/shop", "/shop/sale", "/terms"]
    assert not repository.routes().is_stranger("/users-admins/7")


def test_a_project_below_the_root_is_found_beside_its_built_folder(repository: Repository) -> None:
    repository.write("website/package.json", text='{"devDependencies": {"astro": "5"}}')
    repository.write("website/src/pages/index.astro", "website/src/pages/news.astro")
    routes = detected([repository.root / "website", repository.root], NOW)
    assert routes is not None
    assert routes.static["/news"] == "website/src/pages/news.astro"


def test_jekyll(repository: Repository) -> None:
    repository.write("_config.yml", text="exclude: [drafts, '*.tmp.md']\n")
    repository.write("_layouts/default.html", "README.md", "vendor/x.md", "plain.html", "notes/raw.md")
    front = "---\nlayout: default\n---\n"
    repository.write("index.md", "about.html", "notes/pots.md", "_posts/2026-02-03-first-firing.md", text=front)
    repository.write("drafts/x.md", "a.tmp.md", "_drafts/y.md", "_posts/2027-01-01-later.md", text=front)
    repository.write("guide.md", text="---\npermalink: /help/guide/\n---\n")
    repository.write("secret.md", text="---\npublished: false\n---\n")
    repository.write("news/_posts/2026-03-04-kiln.md", text="---\ncategories: Big\n---\n")
    repository.write("_posts/2026-03-05-listed.md", text="---\ncategories: [a, b]\n---\n")
    assert repository.static() == [
        "/",
        "/2026/02/03/first-firing",
        "/about",
        "/help/guide",
        "/news/big/2026/03/04/kiln",
        "/notes/pots",
    ]
    assert not repository.routes().is_stranger("/archive")


@pytest.mark.parametrize(
    ("style", "path"),
    [
        ("pretty", "/2026/02/03/a"),
        ("ordinal", "/2026/034/a"),
        ("none", "/a"),
        ("/blog/:title/", "/blog/a"),
        ("/:year/:i_month/:slug.html", "/2026/2/a"),
    ],
)
def test_jekyll_permalinks(repository: Repository, style: str, path: str) -> None:
    repository.write("_config.yml", text=f"permalink: {style}\n")
    repository.write("_posts/2026-02-03-a.md", text="---\n---\n")
    assert repository.static() == [path]


def test_jekyll_permalinks_that_are_not_understood_name_no_route(repository: Repository) -> None:
    repository.write("_config.yml", text="permalink: /:week/:title\n")
    repository.write("_posts/2026-02-03-a.md", text="---\n---\n")
    assert detected([repository.root], NOW) is None


def test_hugo(repository: Repository) -> None:
    repository.write("hugo.toml", text='baseURL = "https://shop.example/"\n')
    repository.write("content/_index.md", "content/blog/_index.md", "content/blog/First-Pot.md")
    repository.write(
        "content/blog/kiln/index.md", "content/blog/kiln/notes.md", "content/blog/ein.de.md", "content/x.jpg"
    )
    repository.write("content/blog/late.md", text="+++\ndate = 2027-01-01\n+++\n")
    repository.write("content/blog/draft.md", text="---\ndraft: true\n---\n")
    repository.write("content/blog/hidden.md", text="+++\n[build]\nrender = 'never'\n+++\n")
    repository.write("content/blog/old.md", text='+++\ndate = "2026-01-01"\nslug = "renamed"\n+++\n')
    repository.write("content/team.md", text="---\nurl: /about/us/\n---\n")
    assert repository.static() == ["/", "/about/us", "/blog", "/blog/first-pot", "/blog/kiln", "/blog/renamed"]


@pytest.mark.parametrize(
    "setting", ["[permalinks]\nblog = '/:year/'", "[languages.de]\nweight = 1", "contentDir = 'x'"]
)
def test_a_hugo_config_that_moves_pages_names_no_routes(repository: Repository, setting: str) -> None:
    repository.write("config.toml", text=setting + "\n")
    repository.write("content/a.md")
    assert detected([repository.root], NOW) is None


@pytest.mark.parametrize("text", ["{", "[1]", "\0", "a: [", "null"])
def test_broken_configs_name_no_routes(repository: Repository, text: str) -> None:
    repository.write("package.json", "_config.yml", "hugo.yaml", text=text)
    repository.write("_posts/2026-01-01-a.md", "content/a.md", text="---\n---\n")
    assert detected([repository.root], NOW) is None


def test_declared_routes(repository: Repository) -> None:
    repository.write("content/de/blog/tides.md", "content/en/blog/clay.md", "content/en/blog/more/deep.md")
    repository.write("content/en/blog/soon.md", text="---\ndraft: true\n---\n")
    repository.write("content/en/blog/long-name.md", text="---\nslug: short\n---\n")
    routes = declared(repository.root, ["content/{lang}/blog/*.md -> /{lang}/blog/{slug}/"])
    assert routes.static == {
        "/de/blog/tides": "content/de/blog/tides.md",
        "/en/blog/clay": "content/en/blog/clay.md",
        "/en/blog/short": "content/en/blog/long-name.md",
    }
    assert [s for s in ("/en/blog/soon", "/en/blog/clay", "/en/blog", "/team") if routes.is_stranger(s)] == [
        "/en/blog/soon"
    ]


def test_declared_routes_over_several_steps_and_with_a_captured_slug(repository: Repository) -> None:
    repository.write("docs/a/b/c.md", "docs/top.md")
    assert list(declared(repository.root, ["docs/{path*}.md -> /docs/{path}"]).static) == ["/docs/a/b/c", "/docs/top"]
    assert list(declared(repository.root, ["docs/**/{slug}.md -> /{slug}.html"]).static) == ["/c", "/top"]


@pytest.mark.parametrize(
    "line", ["", "a.md", "a.md -> b", "/etc/{x} -> /{x}", "../{x}.md -> /{x}", "a/{x}.md -> /{y}", "{x}/{x}.md -> /{x}"]
)
def test_declared_routes_that_cannot_be_read(line: str) -> None:
    assert objection(line)


def test_front_matter_is_read_without_a_yaml_parser(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("---\ntitle: 'A: b'  # note\nSlug: x\ntags:\n  - one\nlist: [a]\n---\nslug: body\n")
    assert front_matter(file) == {"title": "A: b", "slug": "x", "tags": "", "list": ""}
    file.write_bytes(b"\xff\xfe")
    assert front_matter(file) == {}
