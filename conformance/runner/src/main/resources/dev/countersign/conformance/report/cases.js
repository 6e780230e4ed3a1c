// Cases, as rows that fold out.

const RULES = new Map(DATA.rules.map((rule) => [rule.id, rule]));
const FLAGS = new Map(DATA.flags.map((flag) => [flag.id, flag]));
const GROUPS = new Map(DATA.groups.map((group) => [group.name, group.title]));

/** From this length on, the place of the first difference is hard to see. */
const LONG = 16;
/** Up to this length two values fit beside their field's name. */
const SHORT = 40;
const MOST_MISMATCHES = 40;
const LONGEST_ACTUAL = 480;
const LONGEST_VALUE = 1000;
const LONGEST_LINE = 200;
const LONGEST_JSON = 4000;
/** More than the file keeps of an answer. */
const LONGEST_ANSWER = 40000;

const CASES = DATA.report.results.map((result, index) => ({
  result,
  subject: DATA.cases[index],
  ending: ENDINGS.find((ending) => ending.key
    === (result.outcome === 'failed' && result.knownFailing ? 'known-failing' : result.outcome)),
  group: result.id.split('/')[0],
}));
const CASES_BY_ID = new Map(CASES.map((each) => [each.result.id, each]));

/** The row of a case. What is inside is made when it is first opened. */
function row(each) {
  const { result, subject, ending } = each;
  const line = start(result.detail ?? subject.comment, LONGEST_LINE);
  each.element = make('details', { class: `case ${ending.key}` },
    make('summary', {},
      make('span', { class: `badge ${ending.key}` },
        make('span', { 'aria-hidden': 'true' }, ending.mark), ` ${ending.label}`), ' ',
      make('code', {}, result.id), ' ', make('span', { class: 'line' }, shown(line))));
  each.element.addEventListener('toggle', () => fill(each));
  return each.element;
}

function unfold(each) {
  fill(each);
  each.element.open = true;
}

function fill(each) {
  const { result, subject, ending } = each;
  if (each.isFilled) {
    return;
  }
  each.isFilled = true;
  const body = make('div', { class: 'body', id: result.id }, make('p', { class: 'comment' }, shown(subject.comment)));
  if (ending.key !== 'passed') {
    const step = subject.steps[result.step];
    const where = step === undefined ? `${ending.label[0].toUpperCase()}${ending.label.slice(1)}.`
      : `Step ${result.step + 1} of ${subject.steps.length} (${step.request.op}) ${ending.label}.`;
    add(body, make('div', { class: `callout ${ending.key}` },
      make('strong', {}, where), ' ', shown(result.detail ?? '')));
  }
  add(body, facts(each), subject.steps.map((step, index) => stepView(each, step, index)));
  add(each.element, body);
}

function facts({ result, subject }) {
  const rule = RULES.get(result.rule);
  const link = make('a', { href: toView('rule', result.rule) }, result.rule);
  const list = make('dl', { class: 'facts' }, make('dt', {}, 'Rule'),
    make('dd', {}, rule === undefined ? link : [make('b', {}, shown(rule.title)), ': ', shown(rule.text), ' ', link,
      make('span', { class: 'muted' }, ` · docs/protocol.md, “${rule.section}”`)]));
  if (subject.difference !== undefined) {
    const from = subject.difference.from;
    add(list, make('dt', {}, 'Differs'), make('dd', {}, shown(subject.difference.text), ' ',
      make('span', { class: 'muted' }, 'from ', CASES_BY_ID.has(from) ? make('a', { href: toCase(from) }, from)
        : [make('code', {}, from), ' (not in this run)'])));
  }
  const needs = subject.needs.length === 0 ? '' : `; needs ${subject.needs.join(', ')}`;
  return add(list, make('dt', {}, result.flags.length === 1 ? 'Flag' : 'Flags'),
    make('dd', {}, result.flags.map((id) => make('div', {}, make('a', { href: toView('flag', id) }, id),
      FLAGS.has(id) ? [': ', shown(FLAGS.get(id).explanation)] : []))),
    make('dt', {}, 'Looks at'),
    make('dd', {}, `${result.role}, ${result.positive ? 'positive: a rule kept' : 'negative: a breach or a near miss'}`,
      needs, make('span', { class: 'muted' }, ` · took ${duration(result.micros)} · `,
        make('a', { href: toCase(result.id) }, 'link to this case'))));
}

// Steps.

function stateOf(result, index) {
  if (result.outcome === 'passed') {
    return 'as expected';
  }
  if (result.outcome === 'skipped') {
    return 'not judged';
  }
  return result.step < 0 ? '' : index < result.step ? 'as expected'
    : index === result.step ? 'failed here' : 'not judged after the failure';
}

function stepView({ result, subject }, step, index) {
  const isHere = result.outcome === 'failed' && index === result.step;
  const state = stateOf(result, index);
  const inside = make('div', { class: 'inside' });
  if (isHere) {
    add(inside, found(result));
  }
  const sent = make('section', {}, make('h4', {}, 'Sent'));
  if (step.template && DATA.report.language === 'HTTP') {
    add(sent, make('p', { class: 'when' },
      'The committed instance. The server got another one: its own time, names and keys.'));
  }
  add(inside, make('div', { class: 'pair' }, add(sent, requestView(step.request)),
    make('section', {}, make('h4', {}, 'Expected'), jsonView(step.expect, LONGEST_JSON))));
  if (step.intermediates !== undefined && Object.keys(step.intermediates).length > 0) {
    const all = step.intermediates;
    add(inside, make('section', {}, make('h4', {}, 'On the way'), Array.isArray(all)
      ? all.map((one, i) => [make('h6', {}, `request ${i + 1} of ${all.length}`), valuesView(one)])
      : valuesView(all)));
  }
  const details = make('details', { class: isHere ? 'step here' : 'step' },
    make('summary', {}, `Step ${index + 1} `, make('code', {}, step.request.op),
      make('span', { class: 'muted' }, state === '' ? '' : ` · ${state}`)), inside);
  details.open = isHere || subject.steps.length === 1;
  return details;
}

function valuesView(values) {
  return make('dl', { class: 'values' }, Object.entries(values).map(([name, value]) => {
    const text = String(value);
    if (!name.endsWith('Hex') || !isHex(text)) {
      return [make('dt', {}, name), make('dd', {}, make('pre', {}, shown(text, LONGEST_VALUE)))];
    }
    const bytes = bytesOf(text);
    return [make('dt', {}, name),
      make('dd', {}, byteView(bytes, false), isMostlyText(bytes) ? byteView(bytes, true) : [])];
  }));
}

/** What was sent: requests as they would stand on the wire, every other operation as JSON. */
function requestView(request) {
  switch (request.op) {
    case 'verify':
      return httpView(request);
    case 'verifyAll':
      return request.requests.map(
        (one, i) => [make('h6', {}, `request ${i + 1} of ${request.requests.length}`), httpView(one)]);
    default:
      return jsonView(request, LONGEST_JSON);
  }
}

function httpView(request) {
  const finish = request.finishTime === undefined ? '' : `, the end of its body at ${time(request.finishTime)}`;
  const hex = (request.bodyRepeat?.hex ?? request.bodyHex) ?? '';
  const body = bytesOf(isHex(hex) ? hex : '');
  const words = request.bodyRepeat !== undefined ? `Body: these bytes, ${grouped(request.bodyRepeat.count)} times`
    : body.length === 0 ? 'No body' : 'Body';
  return [make('p', { class: 'when' }, `at ${time(request.serverTime)}${finish}`),
    make('pre', { class: 'http' },
      make('b', {}, shown(request.method), ' ', shown(request.target, LONGEST_STRING)), '\n',
      request.headers.map(([name, value]) => [make('i', {}, shown(name, LONGEST_STRING)), ': ',
        shown(value, LONGEST_STRING), '\n'])),
    make('p', { class: 'when' }, words), body.length === 0 ? [] : byteView(body, isMostlyText(body))];
}

/** Epoch seconds, and the same as a date. */
function time(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : `${seconds} (${date.toISOString().replace('.000', '')})`;
}

// What was expected beside what came.

function found(result) {
  const mismatches = result.mismatches.slice(0, MOST_MISMATCHES).map(mismatchView);
  if (result.mismatches.length > MOST_MISMATCHES) {
    mismatches.push(make('p', {}, cut(result.mismatches.length - MOST_MISMATCHES, 'field')));
  }
  return [mismatches, result.answer === undefined ? make('p', { class: 'when' }, 'No answer to show: there was none, or a very long one.')
    : make('section', { class: 'answer' }, make('h4', {}, 'Answer as it came'), jsonView(result.answer, LONGEST_ANSWER))];
}

/** Of long values the file has a part around the first difference, and `cut` says which. */
function mismatchView({ field, expected, actual, cut: part = null }) {
  const place = part ?? { from: 0, expected: expected.length, actual: actual.length };
  const longest = Math.max(expected.length, actual.length);
  const sides = longest >= LONG && isHex(expected) && isHex(actual)
    ? byteSides(expected, actual, place) : textSides(expected, actual, place);
  return make('div', { class: longest <= SHORT ? 'mismatch short' : 'mismatch' },
    make('h5', {}, make('code', {}, shown(field))), make('div', {}, sides));
}

function firstDifference(one, other) {
  let at = 0;
  while (at < one.length && at < other.length && one[at] === other[at]) {
    at++;
  }
  return at;
}

function byteSides(expectedHex, actualHex, place) {
  const expected = bytesOf(expectedHex);
  const actual = bytesOf(actualHex);
  const before = place.from / 2;
  const at = firstDifference(expected, actual);
  const asText = isMostlyText(expected) || isMostlyText(actual);
  const side = (name, bytes, length) => {
    const after = length / 2 - before - bytes.length;
    return make('div', { class: `side ${name}` }, make('h6', {}, name), byteView(bytes, false, at, before, after),
      asText ? [make('h6', {}, 'as text'), byteView(bytes, true, at, before, after)] : []);
  };
  return [make('p', { class: 'where' }, whereBytesPart(expected, actual, at, place)),
    make('div', { class: 'sides' }, side('expected', expected, place.expected), side('actual', actual, place.actual))];
}

function whereBytesPart(expected, actual, at, place) {
  const byte = `at byte ${grouped(place.from / 2 + at)} (from 0)`;
  const lengths = `${grouped(place.expected / 2)} bytes expected, ${grouped(place.actual / 2)} came.`;
  if (at === expected.length && at === actual.length) {
    return 'The bytes are the same.';
  }
  if (at === actual.length) {
    return `It ends too early: ${byte} ${inWords(expected[at])} was expected. ${lengths}`;
  }
  if (at === expected.length) {
    return `It should have ended: ${byte} came ${inWords(actual[at])}. ${lengths}`;
  }
  return `First difference ${byte}: ${inWords(expected[at])} was expected, ${inWords(actual[at])} came. ${lengths}`;
}

function textSides(expected, actual, place) {
  const at = firstDifference(expected, actual);
  const isMarked = place.from > 0 || (at > 0 && Math.min(expected.length, actual.length) >= LONG);
  const words = expected.toLowerCase() === actual.toLowerCase() ? 'Only upper and lower case differ.'
    : isMarked ? `First difference at character ${grouped(place.from + at)} (from 0).` : null;
  return [words === null ? [] : make('p', { class: 'where' }, words),
    make('div', { class: 'sides' }, textSide('expected', expected, at, isMarked, place),
      textSide('actual', actual, at, isMarked, place))];
}

function textSide(name, text, at, isMarked, place) {
  const first = text.length <= LONGEST_ACTUAL ? 0
    : whole(text, Math.max(0, Math.min(at - LONGEST_ACTUAL / 3, text.length - LONGEST_ACTUAL)));
  const last = whole(text, Math.min(text.length, first + LONGEST_ACTUAL));
  const pre = make('pre', {});
  if (place.from + first > 0) {
    add(pre, cut(place.from + first, 'character'), ' ');
  }
  if (!isMarked) {
    add(pre, shown(text.slice(first, last)));
  } else if (at >= text.length) {
    add(pre, shown(text.slice(first, last)), make('mark', { class: 'end' }, 'end'));
  } else {
    const from = whole(text, at);
    const to = from + String.fromCodePoint(text.codePointAt(from)).length;
    add(pre, shown(text.slice(first, from)), make('mark', {}, shown(text.slice(from, to))),
      shown(text.slice(to, Math.max(to, last))));
  }
  const after = place[name] - place.from - last;
  if (after > 0) {
    add(pre, ' ', cut(after, 'character'));
  }
  return make('div', { class: `side ${name}` }, make('h6', {}, name), pre);
}
