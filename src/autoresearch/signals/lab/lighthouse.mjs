// Lighthouse, run after run in one process: requests come in as lines of JSON, and each is answered by one.
//
//   node lighthouse.mjs FOLDER CHROMIUM WORK REQUESTS
//
// FOLDER has node_modules/lighthouse; WORK is where profiles and reports are written; REQUESTS is read until its end.
// Every run has a Chromium of its own, with an empty profile. A start keeps the machine busy for seconds, so the next one
// begins when a run's trace has ended, while the rest is gathered and audited: then nothing is timed. What a report of
// 1 MB says is reduced here to what somebody needs.
//
// What is not timed is the same in every run, and takes a third of one: a run does without unless it is asked for `whole`. A
// timed one also looks at the audits that are named in `again`.

import {spawn, spawnSync} from 'node:child_process';
import {createReadStream, writeSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';

const [folder, chromium, work, requests] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(folder, 'node_modules', path)));

const MOST_ELEMENTS = 5;
const MOST_CHARACTERS = 300;
const START_LIMIT = 20_000; // ms until a Chromium has to listen
const REST_LIMIT = 10_000; // ms that it may take to come to rest
const TURN = 250; // ms
const AT_REST = 25; // ms of processor time in a turn
const WHOLE = {onlyCategories: ['performance', 'accessibility', 'best-practices', 'seo'], skipAudits: ['bf-cache']};
const TIMED = {onlyCategories: ['performance'], skipAudits: ['bf-cache'], disableFullPageScreenshot: true};
const METRICS = {
  fcp: 'first-contentful-paint',
  lcp: 'largest-contentful-paint',
  tbt: 'total-blocking-time',
  cls: 'cumulative-layout-shift',
  si: 'speed-index',
  tti: 'interactive',
  bytes: 'total-byte-weight',
};
const FLAGS = [
  '--headless', '--remote-debugging-port=0', '--no-first-run', '--no-default-browser-check', '--mute-audio', '--hide-scrollbars',
  '--disable-extensions', '--disable-component-extensions-with-background-pages', '--disable-component-update',
  '--disable-default-apps', '--disable-sync', '--disable-client-side-phishing-detection', '--disable-background-networking',
  '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding',
  '--disable-hang-monitor', '--disable-ipc-flooding-protection', '--disable-prompt-on-repost', '--disable-dev-shm-usage',
  '--disable-field-trial-config', '--metrics-recording-only', '--password-store=basic', '--use-mock-keychain',
  '--force-fieldtrials=*BackgroundTracing/default/', '--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,' +
    'CalculateNativeWinOcclusion,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,AutofillServerCommunication,PrivacySandboxSettings4',
];

class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

console.log = console.info = console.error; // standard output carries answers only

let sandboxed = process.getuid?.() !== 0; // Chromium refuses its sandbox to root
let spare = null;
const running = new Set(); // browsers: none outlives this process
const wholes = new Map(); // preset and address → file with the report of the last whole run

const say = (answer) => writeSync(1, `${JSON.stringify(answer)}\n`);
const cut = (text) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text);

/** A Chromium with an empty profile, listening on a port; where no sandbox can be had, without one. */
async function launch() {
  try {
    return await launchOnce();
  } catch (failure) {
    if (!sandboxed) throw failure;
    sandboxed = false;
    return launchOnce();
  }
}

async function launchOnce() {
  const profile = await mkdtemp(join(work, 'profile-'));
  const flags = [...FLAGS, `--user-data-dir=${profile}`, ...(sandboxed ? [] : ['--no-sandbox']), 'about:blank'];
  const browser = spawn(chromium, flags, {stdio: ['ignore', 'ignore', 'pipe']}); // not detached: it ends with our group
  running.add(browser);
  const gone = new Promise((resolve) => browser.once('close', resolve)).then(() => running.delete(browser));
  const end = async () => {
    browser.kill('SIGKILL');
    await gone;
    await rm(profile, {recursive: true, force: true, maxRetries: 3}).catch(() => {});
  };
  try {
    const address = await listening(browser, gone);
    return {port: Number(new URL(address).port), gone, end, atRest: atRest(address).catch(() => {})};
  } catch (failure) {
    await end();
    throw failure;
  }
}

/** The address of its DevTools. */
async function listening(browser, gone) {
  let words = '';
  const told = new Promise((resolve, reject) => {
    browser.once('error', (error) => reject(new Failure('BROWSER', `Chromium cannot be started: ${error.message}`)));
    browser.stderr.setEncoding('utf8').on('data', (text) => {
      if (words.length < 10_000) words += text;
      const found = /DevTools listening on (ws:\/\/[^:\s]+:\d+\/\S*)/.exec(words);
      if (found) resolve(found[1]);
    });
  });
  told.catch(() => {});
  const never = async (event, why) => {
    await event;
    throw new Failure('BROWSER', `Chromium ${why}: ${cut(words.trim().split('\n').slice(-3).join(' '))}`);
  };
  const late = new AbortController();
  try {
    return await Promise.race([
      told,
      never(gone, 'ended as it started'),
      never(sleep(START_LIMIT, null, {signal: late.signal}), 'did not listen in time'),
    ]);
  } finally {
    late.abort();
  }
}

/** Until the browser does nothing by itself any more: what it does as it starts would be timed as the page's. */
async function atRest(address) {
  const socket = new WebSocket(address);
  const open = new Promise((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onclose = socket.onerror = () => resolve(false);
  });
  const deadline = performance.now() + REST_LIMIT;
  let before = (await open) ? await processorTime(socket) : null;
  while (before !== null && performance.now() < deadline) {
    await sleep(TURN);
    const now = await processorTime(socket);
    if (now === null || now - before < AT_REST) break;
    before = now;
  }
  socket.close();
}

/** What its processes have used so far, in ms; null where it does not say. */
async function processorTime(socket) {
  const answered = new Promise((resolve) => {
    socket.onmessage = ({data}) => resolve(JSON.parse(data).result?.processInfo);
    socket.onclose = socket.onerror = () => resolve(null);
  });
  socket.send(JSON.stringify({id: 1, method: 'SystemInfo.getProcessInfo'}));
  const processes = await answered;
  return processes ? 1000 * processes.reduce((sum, {cpuTime}) => sum + cpuTime, 0) : null;
}

const takeSpare = async () => {
  const taken = spare ?? launch();
  spare = null;
  return taken;
};

const prepareSpare = () => {
  if (spare) return;
  spare = launch();
  spare.catch(() => {}); // told to whoever takes it
};

/** One run: gathered from a page in a fresh browser, then audited without it. */
async function run(lighthouse, request) {
  const {gather, Runner, configs, report, events} = lighthouse;
  const browser = await takeSpare();
  const clock = new AbortController();
  const traced = ([, what]) => String(what).startsWith('Getting artifact') && prepareSpare();
  let gathered;
  try {
    await browser.atRest;
    events.on('status', traced);
    const flags = {
      ...(request.whole ? WHOLE : TIMED), ...(request.again.length ? {onlyAudits: request.again} : {}), port: browser.port, logLevel: 'silent', throttlingMethod: 'simulate', locale: 'en-US',
      maxWaitForLoad: request.load_limit, maxWaitForFcp: request.load_limit,
    };
    const work = gather(undefined, request.url, {flags, config: configs[request.preset]});
    work.catch(() => {});
    gathered = await Promise.race([
      work,
      browser.gone.then(() => { throw new Failure('CRASHED', 'Chromium crashed'); }),
      sleep(request.time_limit, null, {signal: clock.signal}).then(() => { throw new Failure('HUNG', 'the page hung'); }),
    ]);
  } finally {
    clock.abort();
    events.off('status', traced);
    await browser.end();
    prepareSpare();
  }
  const {artifacts, runnerOptions} = gathered;
  const dialogs = (artifacts.DevtoolsLog ?? []).filter(({method}) => method === 'Page.javascriptDialogOpening').length;
  const {lhr} = await Runner.audit(artifacts, runnerOptions);
  if (lhr.runtimeError && lhr.runtimeError.code !== 'NO_ERROR') throw new Failure(lhr.runtimeError.code, lhr.runtimeError.message);
  const name = `run-${request.id}.html`;
  await writeFile(join(work, name), report(await completed(lhr, request), 'html'));
  return {...reduced(lhr, new URL(request.url).origin), whole: request.whole, again: request.again.length > 0, dialogs, report: name};
}

/** The report of a timed run, and in it what the whole run of that page says of all the rest. */
async function completed(lhr, {id, preset, url, whole, again}) {
  const page = `${preset} ${url}`;
  if (whole) {
    wholes.set(page, join(work, `whole-${id}.json`));
    await writeFile(wholes.get(page), JSON.stringify(lhr));
    return lhr;
  }
  if (!wholes.has(page)) return lhr;
  const rest = JSON.parse(await readFile(wholes.get(page), 'utf8'));
  // The whole run's screenshot shows its own elements only: those of this run have names that may mean others there.
  const timed = JSON.parse(JSON.stringify(lhr, (key, value) => (key === 'lhId' ? undefined : value)));
  return {
    ...rest, ...timed, fullPageScreenshot: rest.fullPageScreenshot,
    audits: {...rest.audits, ...timed.audits, ...Object.fromEntries(again.map((audit) => [audit, rest.audits[audit]]))},
    categories: {...rest.categories, performance: timed.categories.performance},
  };
}

/** What is needed of a report: numbers, and the audits that failed with where, without `origin`: tomorrow's is another one. */
function reduced(lhr, origin) {
  const metrics = {};
  for (const [name, id] of Object.entries(METRICS)) {
    const value = lhr.audits[id]?.numericValue;
    if (Number.isFinite(value)) metrics[name] = value;
  }
  const items = lhr.audits['network-requests']?.details?.items;
  if (items) metrics.requests = items.length;
  if (Number.isFinite(lhr.categories.performance.score)) metrics.score = Math.round(100 * lhr.categories.performance.score);
  return {
    url: lhr.mainDocumentUrl ?? lhr.finalDisplayedUrl,
    benchmark_index: lhr.environment.benchmarkIndex,
    metrics,
    scores: Object.fromEntries(Object.values(lhr.categories).map(({id, score}) => [id, score])),
    audits: failed(lhr, (text) => cut(String(text ?? '').replaceAll(origin, ''))),
    advice: advice(lhr),
    warnings: (lhr.runWarnings ?? []).slice(0, 5).map((text) => cut(String(text))),
  };
}

function failed(lhr, shown) {
  const found = new Map();
  for (const category of Object.values(lhr.categories)) {
    if (category.id === 'performance') continue;
    for (const {id, weight} of category.auditRefs) {
      const audit = lhr.audits[id];
      if (audit?.scoreDisplayMode !== 'binary' || audit.score === null || audit.score >= 1) continue;
      const before = found.get(id);
      if (before) before.weight = Math.max(before.weight, weight);
      else found.set(id, {id, category: category.id, weight, title: cut(audit.title), link: link(audit), ...elements(audit, shown)});
    }
  }
  return [...found.values()];
}

/** The performance audits that promise most, with their documentation. */
function advice(lhr) {
  return lhr.categories.performance.auditRefs
    .map(({id}) => lhr.audits[id])
    .filter((audit) => audit?.scoreDisplayMode === 'metricSavings' && audit.score !== null && audit.score < 1 && link(audit))
    .map((audit) => ({id: audit.id, title: cut(audit.title), link: link(audit), score: audit.score, saving: saving(audit)}))
    .sort((a, b) => b.saving - a.saving || a.score - b.score || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_ELEMENTS);
}

const saving = ({metricSavings = {}}) => Math.max(0, ...['FCP', 'LCP', 'TBT'].map((name) => metricSavings[name] ?? 0));

const link = ({description = ''}) => /\]\((https:\/\/[^\s)]{1,300})\)/.exec(description)?.[1] ?? '';

function elements({details}, shown) {
  const items = Array.isArray(details?.items) ? details.items : [];
  const places = items.slice(0, MOST_ELEMENTS).map((item) => {
    const node = item?.node ?? (item?.type === 'node' ? item : null);
    if (node) return {selector: shown(node.selector), snippet: shown(node.snippet), why: shown(why(node.explanation ?? ''))};
    return {selector: '', snippet: shown(plain(item)), why: ''};
  });
  return {elements: places.filter(({selector, snippet}) => selector || snippet), places: items.length};
}

const why = (explanation) => explanation.split('\n').map((line) => line.trim()).filter(Boolean).slice(1).join('; ');

const plain = (item) => Object.values(item ?? {}).map((value) => value?.value ?? value?.url ?? value)
  .filter((value) => ['string', 'number'].includes(typeof value)).join(' ');

async function main() {
  const version = spawnSync(chromium, ['--version'], {encoding: 'utf8', timeout: START_LIMIT});
  prepareSpare();
  const [index, gatherer, runner, root, logger] = await Promise.all([
    'lighthouse/core/index.js', 'lighthouse/core/gather/navigation-runner.js', 'lighthouse/core/runner.js',
    'lighthouse/shared/root.js', 'lighthouse-logger/index.js',
  ].map(load));
  const lighthouse = {
    events: logger.default.events, gather: gatherer.navigationGather, Runner: runner.Runner, report: index.generateReport,
    configs: {mobile: index.defaultConfig, desktop: index.desktopConfig},
  };
  say({
    lighthouse: root.lighthouseVersion, chromium: /\d+(\.\d+)+/.exec(version.stdout ?? '')?.[0] ?? '',
    shell: /headless[-_]shell/.test(basename(chromium)), node: process.versions.node,
  });
  for await (const line of createInterface({input: createReadStream(requests)})) {
    const request = JSON.parse(line);
    const began = performance.now();
    let answer;
    try {
      answer = {ok: true, ...await run(lighthouse, request)};
    } catch (error) {
      answer = {ok: false, code: String(error.code ?? 'FAILED'), reason: cut(String(error.friendlyMessage?.formattedDefault ?? error.message))};
    }
    say({id: request.id, seconds: (performance.now() - began) / 1000, ...answer});
  }
  await (await takeSpare()).end();
}

process.on('exit', () => running.forEach((browser) => browser.kill('SIGKILL')));
process.on('unhandledRejection', (error) => console.error(error)); // of a run that was given up
process.on('uncaughtException', (error) => console.error(error));
await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
process.exit();
