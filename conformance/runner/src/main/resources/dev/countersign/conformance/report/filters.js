// Filters of the cases. All their state is in the URL's fragment (#outcome=failed,skipped&rule=…&q=…), so that a view can
// be linked; a fragment without "=" names a case.

const FACETS = ['outcome', 'role', 'group', 'rule', 'flag'];
const ROLES = ['message', 'keys', 'signature', 'verifier', 'signer'];

overview();
document.querySelector('header').hidden = false;
document.querySelector('main').hidden = false;

const form = byId('filters');
const count = byId('count');
const text = byId('q');
const selects = [...form.querySelectorAll('select')];
add(form.querySelector('fieldset'), ENDINGS.map(({ key, label }) => make('label', { class: `chip ${key}` },
  make('input', { type: 'checkbox', name: 'outcome', value: key }), ` ${label} `, make('span', { class: 'n' }))));
const boxes = [...form.querySelectorAll('input[name=outcome]')];

const groups = [...casesBy(({ group }) => [group], [])].map(([name, cases]) => {
  const size = make('span', { class: 'size' });
  const element = make('section', { class: 'group' }, make('h3', {}, shown(GROUPS.get(name) ?? name), ' ', size));
  const members = cases.map((each) => ({
    each,
    element: row(each),
    outcome: [each.ending.key],
    role: [each.result.role],
    group: [name],
    rule: [each.result.rule],
    flag: each.result.flags,
    text: null,
    isShown: true,
  }));
  add(byId('cases'), add(element, members.map((member) => member.element)));
  return { element, size, rows: members };
});
const rows = groups.flatMap((group) => group.rows);
const ORDERS = { role: ROLES, group: [], rule: [...RULES.keys()], flag: [...FLAGS.keys()] };
for (const select of selects) {
  const values = casesBy((each) => rowValues(each, select.name), ORDERS[select.name]);
  add(select, [...values.keys()].map((value) => make('option', { value }, value)));
}

function rowValues({ result, group }, facet) {
  return { role: [result.role], group: [group], rule: [result.rule], flag: result.flags }[facet];
}

/** The text of a row, read when it is first searched: every text of its data, hex also as the text that it may be. */
function textOf(row) {
  if (row.text === null) {
    const { result, subject, ending } = row.each;
    const texts = [];
    const collect = (value) => {
      if (value !== null && typeof value === 'object') {
        Object.entries(value).forEach(([key, one]) => texts.push(key) && collect(one));
      } else {
        texts.push(String(value));
        if (typeof value === 'string' && value.length > 2 && isHex(value)) {
          texts.push(bytesOf(value.slice(0, 4000)).filter(isReadable).map((byte) => String.fromCharCode(byte)).join(''));
        }
      }
    };
    const { id, role, rule, flags, detail = '', mismatches = [], answer = null } = result;
    collect([ending.label, id, role, rule, RULES.get(rule) ?? '', flags, flags.map((flag) => FLAGS.get(flag) ?? ''), detail,
      mismatches, answer, subject]);
    row.text = texts.join('\n').toLowerCase();
  }
  return row.text;
}

function wanted() {
  const filter = { words: text.value.toLowerCase().split(/\s+/).filter((word) => word !== '') };
  filter.outcome = boxes.filter((box) => box.checked).map((box) => box.value);
  for (const select of selects) {
    filter[select.name] = select.value === '' ? [] : [select.value];
  }
  return filter;
}

/** Shows the rows that fit. A value's count is what choosing it would show: all other filters apply. */
function apply() {
  const filter = wanted();
  const counts = new Map(FACETS.map((facet) => [facet, new Map()]));
  const endings = new Map(ENDINGS.map(({ key }) => [key, 0]));
  let fitting = 0;
  const tally = (facet, row) => {
    for (const value of row[facet]) {
      counts.get(facet).set(value, (counts.get(facet).get(value) ?? 0) + 1);
    }
  };
  for (const row of rows) {
    const misses = FACETS.filter(
      (facet) => filter[facet].length > 0 && !row[facet].some((value) => filter[facet].includes(value)));
    const fits = misses.length < 2 && filter.words.every((word) => textOf(row).includes(word));
    row.isShown = fits && misses.length === 0;
    row.element.hidden = !row.isShown;
    if (row.isShown) {
      fitting++;
      endings.set(row.outcome[0], endings.get(row.outcome[0]) + 1);
      FACETS.forEach((facet) => tally(facet, row));
    } else if (fits) {
      tally(misses[0], row);
    }
  }
  for (const group of groups) {
    const visible = group.rows.filter((row) => row.isShown).length;
    group.element.hidden = visible === 0;
    group.size.textContent = visible === group.rows.length ? `${visible}` : `${visible} of ${group.rows.length}`;
  }
  for (const box of boxes) {
    box.closest('label').querySelector('.n').textContent = `${counts.get('outcome').get(box.value) ?? 0}`;
  }
  for (const select of selects) {
    for (const option of select.options) {
      if (option.value !== '') {
        option.textContent = `${option.value} (${counts.get(select.name).get(option.value) ?? 0})`;
      }
    }
  }
  const parts = ENDINGS.filter(({ key }) => endings.get(key) > 0).map(({ key, label }) => `${endings.get(key)} ${label}`);
  const all = `${rows.length} ${plural(rows.length)}`;
  const line = (fitting === rows.length ? `All ${all}` : `${fitting} of ${all}`)
    + (parts.length > 0 ? `: ${parts.join(', ')}` : '');
  if (count.textContent !== line) {
    count.textContent = line;
  }
  byId('nothing').hidden = fitting > 0;
  byId('buttons').hidden = fitting === 0;
  byId('clear').disabled = isEmpty(filter);
}

function isEmpty(filter) {
  return Object.values(filter).every((values) => values.length === 0);
}

/** The fragment of the controls' state; empty if nothing is filtered. */
function fragment() {
  const parameters = new URLSearchParams();
  const outcomes = boxes.filter((box) => box.checked).map((box) => box.value);
  if (outcomes.length > 0) {
    parameters.set('outcome', outcomes.join(','));
  }
  for (const control of [...selects, text]) {
    if (control.value.trim() !== '') {
      parameters.set(control.name, control.value);
    }
  }
  return parameters.toString().replaceAll('%2C', ',').replaceAll('%2F', '/');
}

function remember() {
  const state = fragment();
  const [plain] = location.href.split('#');
  history.replaceState(null, '', state === '' ? plain : `${plain}#${state}`);
}

/** Sets the controls; values that no case has are ignored. */
function restore(state) {
  const parameters = new URLSearchParams(state);
  const outcomes = (parameters.get('outcome') ?? '').split(',');
  for (const box of boxes) {
    box.checked = outcomes.includes(box.value);
  }
  for (const select of selects) {
    const value = parameters.get(select.name) ?? '';
    select.value = [...select.options].some((option) => option.value === value) ? value : '';
  }
  text.value = parameters.get('q') ?? '';
  apply();
}

function goTo(id) {
  const target = rows.find((row) => row.each.result.id === id);
  if (target === undefined) {
    return;
  }
  if (target.element.hidden) {
    restore('');
  }
  unfold(target.each);
  target.element.scrollIntoView();
  target.element.querySelector('summary').focus({ preventScroll: true });
}

/** Does what the fragment says. */
function follow() {
  const place = location.href.indexOf('#');
  const state = place < 0 ? '' : location.href.slice(place + 1);
  if (state.includes('=')) {
    restore(state);
    byId('cases').scrollIntoView();
  } else if (state === '') {
    restore('');
  } else {
    try {
      goTo(decodeURIComponent(state));
    } catch (malformed) {
      if (!(malformed instanceof URIError)) {
        throw malformed;
      }
    }
  }
}

function changed() {
  apply();
  remember();
}

function clear() {
  restore('');
  remember();
}

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', changed);
form.addEventListener('reset', (event) => {
  event.preventDefault();
  clear();
  text.focus();
});
byId('clear-too').addEventListener('click', () => {
  clear();
  text.focus();
});
byId('open').addEventListener('click', () => rows.filter((row) => row.isShown).forEach((row) => unfold(row.each)));
byId('fold').addEventListener('click', () => rows.forEach((row) => {
  row.element.open = false;
}));
addEventListener('hashchange', follow);
const first = CASES.find((each) => each.ending.key === 'failed');
if (first !== undefined) {
  unfold(first);
}
apply();
follow();
