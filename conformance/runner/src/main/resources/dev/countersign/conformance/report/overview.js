// The head, and what to look at first.

const LONGEST_REASON = 300;
const MOST_STALE = 200;
const MOST_REASONS = 20;
const MOST_ROWS = 15;
/** Of a thousand: the narrowest part of the bar that can be seen. */
const NARROWEST = 8;
const SVG = 'http://www.w3.org/2000/svg';

/** How many cases ended how; a number for each of ENDINGS' keys. */
function tallyOf(cases) {
  const tally = new Map(ENDINGS.map((ending) => [ending.key, 0]));
  cases.forEach((each) => tally.set(each.ending.key, tally.get(each.ending.key) + 1));
  return tally;
}

const sum = (tally) => [...tally.values()].reduce((all, one) => all + one, 0);
const failures = (tally) => tally.get('failed') + tally.get('known-failing');

/** Cases by names: those of the order first, then as they come up. */
function casesBy(names, order) {
  const found = new Map();
  for (const each of CASES) {
    for (const name of names(each)) {
      found.set(name, found.get(name) ?? []);
      found.get(name).push(each);
    }
  }
  const known = order.filter((name) => found.has(name));
  return new Map([...known, ...[...found.keys()].filter((name) => !known.includes(name))]
    .map((name) => [name, found.get(name)]));
}

const TOTAL = tallyOf(CASES);
const plural = (number) => (number === 1 ? 'case' : 'cases');

function verdict() {
  const failed = TOTAL.get('failed');
  const judged = CASES.length - TOTAL.get('skipped');
  const known = TOTAL.get('known-failing');
  if (judged === 0) {
    return 'Nothing was judged';
  }
  if (failed > 0) {
    return `${grouped(failed)} of ${grouped(judged)} judged ${plural(judged)} failed`;
  }
  if (DATA.report.faults.length > 0) {
    return 'Something went wrong outside of the cases';
  }
  if (DATA.report.stale.length > 0) {
    return 'The list of known failures is out of date';
  }
  if (known > 0) {
    return `${grouped(judged - known)} of ${grouped(judged)} judged ${plural(judged)} passed, the others are known`;
  }
  return judged === 1 ? 'The one judged case passed' : `All ${grouped(judged)} judged cases passed`;
}

function head() {
  const { implementation, language, target, suiteVersion, green } = DATA.report;
  const header = document.querySelector('header');
  document.title = `${make('i', {}, shown(start(implementation, 120))).textContent} · ${verdict()}`;
  add(header.querySelector('h1'), shown(start(implementation, 120)));
  const line = byId('verdict');
  line.className = green ? 'verdict passed' : 'verdict failed';
  add(line, make('span', { 'aria-hidden': 'true' }, green ? '✓' : '✗'), ' ', verdict());
  const meta = { Language: language, Target: target, Suite: suiteVersion,
    Cases: `${grouped(CASES.length)} of ${grouped(DATA.size)}`,
    Took: duration(CASES.reduce((micros, each) => micros + each.result.micros, 0)) };
  add(header.querySelector('.meta'), Object.entries(meta).map(
    ([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, shown(value)))));
  header.querySelector('.totals').before(bar());
  add(header.querySelector('.totals'), ENDINGS.map(({ key, label }) => make('li', {},
    make('a', { class: `total ${TOTAL.get(key) === 0 ? 'none' : key}`, href: toView('outcome', key) },
      make('b', {}, grouped(TOTAL.get(key))), ' ', make('span', {}, label)))));
}

function bar() {
  const svg = document.createElementNS(SVG, 'svg');
  let x = 0;
  for (const { key } of ENDINGS.filter((ending) => TOTAL.get(ending.key) > 0)) {
    const width = Math.max(NARROWEST, Math.floor((1000 * TOTAL.get(key)) / CASES.length));
    const part = document.createElementNS(SVG, 'rect');
    Object.entries({ class: key, x, y: 0, width, height: 10 }).forEach(([name, value]) => part.setAttribute(name, value));
    svg.append(part);
    x += width;
  }
  const words = ENDINGS.map(({ key, label }) => `${TOTAL.get(key)} ${label}`).join(', ');
  Object.entries({ class: 'bar', role: 'img', 'aria-label': words, viewBox: `0 0 ${Math.max(1, x)} 10`,
    preserveAspectRatio: 'none' }).forEach(([name, value]) => svg.setAttribute(name, value));
  return svg;
}

/** Fills a section's list, or takes the section away if there is nothing to say. */
function fillList(id, items, most, what, item) {
  if (items.length === 0) {
    byId(id).remove();
    return;
  }
  add(byId(id).querySelector('ul'), items.slice(0, most).map((each) => make('li', {}, item(each))));
  if (items.length > most) {
    add(byId(id), make('p', {}, cut(items.length - most, what)));
  }
}

function table(filter, heading, rows, words) {
  // The columns of what did not happen are left out, but for the two that everybody looks for.
  const columns = ENDINGS.filter(({ key }) => key === 'failed' || key === 'passed' || TOTAL.get(key) > 0);
  return make('div', { class: 'wide' }, make('table', {},
    make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, heading),
      columns.map(({ label }) => make('th', { scope: 'col', class: 'number' }, label)))),
    make('tbody', {}, rows.map(([name, tally]) => make('tr', {},
      make('th', { scope: 'row' }, make('a', { href: toView(filter, name) }, name), ' ',
        make('span', { class: 'words' }, shown(words(name)))),
      columns.map(({ key }) => make('td', { class: `number ${tally.get(key) === 0 ? 'none' : key}` },
        String(tally.get(key)))))))));
}

/** A table of the first rows; the others are folded away. */
function tables(filter, heading, rows, words) {
  const rest = rows.slice(MOST_ROWS);
  return make('div', {}, table(filter, heading, rows.slice(0, MOST_ROWS), words),
    rest.length === 0 ? [] : make('details', { class: 'rest' }, make('summary', {}, `${rest.length} more`),
      table(filter, heading, rest, words)));
}

function overview() {
  head();
  fillList('faults', DATA.report.faults, MOST_STALE, 'line', (fault) => shown(fault));
  fillList('stale', DATA.report.stale, MOST_STALE, 'line', (entry) => (CASES_BY_ID.has(entry)
    ? [make('a', { href: toCase(entry) }, entry), ` ${CASES_BY_ID.get(entry).ending.label}`]
    : make('code', {}, shown(entry))));
  const tallies = (names, order) => [...casesBy(names, order)].map(([name, cases]) => [name, tallyOf(cases)]);
  const rules = tallies(({ result }) => [result.rule], [...RULES.keys()]);
  const flags = tallies(({ result }) => result.flags, []);
  const title = (id) => RULES.get(id)?.title ?? '';
  if (failures(TOTAL) === 0) {
    byId('failures').remove();
  } else {
    const share = (row) => failures(row[1]) / sum(row[1]);
    const fails = (row) => failures(row[1]) > 0;
    add(document.querySelector('#failures .tables'), tables('rule', 'Rule', rules.filter(fails), title),
      // The flag of which most cases fail is likely the bug.
      tables('flag', 'Flag', flags.filter(fails).sort((one, other) => share(other) - share(one)),
        (id) => FLAGS.get(id)?.explanation ?? ''));
  }
  const skipped = TOTAL.get('skipped');
  const reasons = casesBy(({ result }) => (result.outcome === 'skipped' ? [result.detail ?? ''] : []), []);
  byId('skips').querySelector('h2').textContent = `Why ${skipped} ${skipped === 1 ? 'case was' : 'cases were'} skipped`;
  fillList('skips', [...reasons], MOST_REASONS, 'reason', ([reason, cases]) => [make('b', {}, String(cases.length)),
    ` ${plural(cases.length)}: `, reason === '' ? 'no reason was given' : shown(start(reason, LONGEST_REASON))]);
  const good = rules.filter((row) => failures(row[1]) === 0);
  if (good.length === 0) {
    byId('rules').remove();
  } else {
    byId('rules').querySelector('h2').textContent
      = `${good.length === 1 ? '1 rule' : `${good.length} rules`} without a failure`;
    add(byId('rules'), table('rule', 'Rule', good, title));
  }
}
