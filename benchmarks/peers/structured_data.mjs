// What @adobe/structured-data-validator says of every page of a folder: node structured_data.mjs FOLDER VOCABULARY REPEATS
//
// Prints JSON: CPU seconds of the fastest round over all pages, and the issues of each page. The package takes
// schema.org's vocabulary as its user gives it: here the same table that our loop uses, in the form it expects.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Validator from '@adobe/structured-data-validator';
import extractor from '@marbec/web-auto-extractor';

const WebAutoExtractor = extractor.default ?? extractor;
const [folder, vocabulary, repeats] = process.argv.slice(2);
const table = JSON.parse(readFileSync(vocabulary, 'utf8'));
const ids = (names) => names.split(' ').filter(Boolean).map((name) => ({ '@id': `schema:${name}` }));
const classes = Object.entries(table.classes).map(([name, [parents = '']]) => (
  { '@id': `schema:${name}`, '@type': 'rdfs:Class', 'rdfs:subClassOf': ids(parents) }));
const properties = Object.entries(table.properties).map(([name, [domains = '']]) => (
  { '@id': `schema:${name}`, '@type': 'rdf:Property', 'schema:domainIncludes': ids(domains) }));
const validator = new Validator({ '@graph': [...classes, ...properties] });

const pages = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
const texts = new Map(pages.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const parse = (text) => new WebAutoExtractor({ addLocation: true, embedSource: ['rdfa', 'microdata'] }).parse(text);
const seconds = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };

let best = Infinity;
let issues = {};
for (let round = 0; round < Number(repeats); round += 1) {
  const began = seconds();
  for (const [name, text] of texts) issues[name] = await validator.validate(parse(text));
  best = Math.min(best, seconds() - began);
}
for (const name of pages) {
  issues[name] = issues[name].map((each) => [each.severity, `${each.issueMessage} ${each.fieldNames ?? ''}`]);
}
console.log(JSON.stringify({ seconds: best, issues }));
