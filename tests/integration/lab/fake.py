"""A Lighthouse that measures nothing: it asks for the page and answers what the page tells it to.

Our own runner loads it by the same paths as the real one, so all but Chromium and Lighthouse is real: the process, the
conversation, the limits, the reduction of the report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded.json")
"""What Lighthouse 13.5 said of a small page with six mistakes, cut down to what is read of it."""
_GATHER = """
import {readFileSync, appendFileSync} from 'node:fs';
const times = new Map();
export async function navigationGather(page, url, {flags, config}) {
  const response = await fetch(url);
  const text = await response.text();
  const found = /<script type="fake">(.*?)<\\/script>/s.exec(text);
  const told = found ? JSON.parse(found[1]) : {};
  appendFileSync(new URL('../../../../asked.txt', import.meta.url), `${config.name} ${new URL(url).pathname}\\n`);
  const time = times.get(config.name + url) ?? 0;
  times.set(config.name + url, time + 1);
  Object.assign(told, {now: told.runs?.[time]});
  if (told.hang) await new Promise(() => {});
  if (told.end) process.exit(3);
  if (told.noise) process.stdout.write('x'.repeat(told.noise) + '\\n');
  return {artifacts: {DevtoolsLog: told.dialogs ? [{method: 'Page.javascriptDialogOpening'}] : [], told,
    url: response.url, status: response.status}, runnerOptions: {preset: config.name, only: flags.onlyCategories,
      again: flags.onlyAudits ?? []}};
}
"""
_RUNNER = """
import {readFileSync} from 'node:fs';
const recorded = readFileSync(new URL('../recorded.json', import.meta.url), 'utf8');
export const Runner = {async audit({told, url, status}, {preset, only, again}) {
  if (told.recorded) return {lhr: JSON.parse(recorded.replaceAll('127.0.0.1:PORT', new URL(url).host))};
  const number = (value) => ({numericValue: value, score: 1, scoreDisplayMode: 'numeric'});
  const given = {fcp: 800, lcp: 1200, tbt: 0, cls: 0, si: 900, tti: 1300, bytes: 9000, score: 95,
    ...told[preset], ...told.numbers, ...told.now};
  const chosen = Object.fromEntries(Object.entries(told.audits ?? {}).filter(([id]) => again.includes(id)));
  const ref = (id) => ({id, weight: 1});
  const audits = {
    'first-contentful-paint': number(given.fcp), 'largest-contentful-paint': number(given.lcp),
    'total-blocking-time': number(given.tbt), 'cumulative-layout-shift': number(given.cls),
    'speed-index': number(given.si), interactive: number(given.tti), 'total-byte-weight': number(given.bytes),
    ...(only.includes('accessibility') ? told.audits : chosen),
  };
  const failing = Object.keys(only.includes('accessibility') ? (told.audits ?? {}) : chosen).map(ref);
  const category = (id, score, auditRefs) => ({id, score, auditRefs});
  return {lhr: {
    lighthouseVersion: 'x', mainDocumentUrl: url, audits, runWarnings: told.warnings ?? [],
    runtimeError: status === 200 ? undefined : {code: 'ERRORED_DOCUMENT_REQUEST', message: `(Status code: ${status})`},
    environment: {benchmarkIndex: given.index ?? 1000},
    categories: Object.fromEntries(Object.entries({
      performance: category('performance', given.score / 100, []),
      accessibility: category('accessibility', 0.9, failing),
      'best-practices': category('best-practices', 1, []), seo: category('seo', 1, []),
    }).filter(([id, {auditRefs}]) => only.includes(id) || (again.length && auditRefs.length))),
  }};
}};
"""
_INDEX = """
export const defaultConfig = {name: 'mobile'};
export const desktopConfig = {name: 'desktop'};
export const generateReport = ({categories, audits}) =>
  JSON.stringify(Object.fromEntries(Object.entries({...categories, ...audits})
    .map(([id, told]) => [id, told.numericValue ?? null])));
"""
_LOGGER = "import {EventEmitter} from 'node:events'; export default {events: new EventEmitter()};\n"
_CHROMIUM = """#!/bin/sh
if [ "$1" = --version ]; then echo "Chromium {version}"; exit; fi
echo "DevTools listening on ws://127.0.0.1:9/devtools" >&2
exec sleep 600
"""


def install(
    folder: Path, *, lighthouse: str = "13.5.0", chromium: str = "156.0.1.2", browser: str = "chromium"
) -> dict[str, str]:
    """Write both programs below `folder`; returns the environment that has them found."""
    package = folder / "node_modules" / "lighthouse"
    logger = folder / "node_modules" / "lighthouse-logger" / "index.js"
    logger.parent.mkdir(parents=True, exist_ok=True)
    logger.write_text(_LOGGER)
    for name, text in {
        "recorded.json": RECORDED.read_text(),
        "package.json": json.dumps({"name": "lighthouse", "type": "module", "version": lighthouse}),
        "core/index.js": _INDEX,
        "core/runner.js": _RUNNER,
        "core/gather/navigation-runner.js": _GATHER,
        "shared/root.js": f"export const lighthouseVersion = {lighthouse!r};",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    program = folder / browser
    program.write_text(_CHROMIUM.replace("{version}", chromium))
    program.chmod(0o755)
    return {"LIGHTHOUSE_PATH": str(folder), "CHROME_PATH": str(program)}


def asked(folder: Path) -> list[str]:
    """`preset path` of every run, in order."""
    file = folder / "asked.txt"
    return file.read_text().splitlines() if file.exists() else []


def page(told: Mapping[str, Any] | None = None, *links: str) -> str:
    """A page, and what a run of it is to bring."""
    anchors = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>t</title></head><body><h1>t</h1>{anchors}'
        f'<script type="fake">{json.dumps(told or {})}</script></body></html>'
    )


def failing(title: str, *snippets: str) -> dict[str, Any]:
    """An audit that fails at elements."""
    items = [{"node": {"selector": "main > img", "snippet": snippet}} for snippet in snippets]
    link = "https://dequeuniversity.com/rules/axe/4.11/image-alt"
    return {
        "id": "image-alt",
        "title": title,
        "description": f"Why it matters. [Learn more]({link}).",
        "score": 0,
        "scoreDisplayMode": "binary",
        "details": {"items": items},
    }
