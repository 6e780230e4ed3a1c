// Filters the cases. All state is in the URL's fragment (#outcome=failed,skipped&rule=…&q=…), so that a view can be
// linked; a fragment without "=" names a case. Everything is read from the page and written as text.
(() => {
  'use strict';

  const FACETS = ['outcome', 'role', 'group', 'rule', 'flag'];
  const OUTCOMES = ['failed', 'known-failing', 'skipped', 'passed'];
  const WORDS = { 'failed': 'failed', 'known-failing': 'known failing', 'skipped': 'skipped', 'passed': 'passed' };

  const byId = (id) => document.getElementById(id);
  const form = byId('filters');
  const count = byId('count');
  const boxes = [...form.querySelectorAll('input[name=outcome]')];
  const selects = [...form.querySelectorAll('select')];
  const text = byId('q');
  const groups = [...document.querySelectorAll('.group')].map((element) => ({
    element,
    size: element.querySelector('.size'),
    rows: [],
  }));
  const rows = groups.flatMap((group) => [...group.element.querySelectorAll('.case')].map((element) => {
    const row = {
      element,
      outcome: [element.dataset.outcome],
      role: [element.dataset.role],
      group: [element.dataset.group],
      rule: [element.dataset.rule],
      flag: element.dataset.flags.split(' '),
      text: null,
      shown: true,
    };
    group.rows.push(row);
    return row;
  }));

  /** The text of a row, read when it is first searched. */
  function textOf(row) {
    row.text ??= row.element.textContent.toLowerCase();
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
    const shown = new Map(OUTCOMES.map((outcome) => [outcome, 0]));
    let sum = 0;
    const tally = (facet, row) => {
      for (const value of row[facet]) {
        counts.get(facet).set(value, (counts.get(facet).get(value) ?? 0) + 1);
      }
    };
    for (const row of rows) {
      const misses = FACETS.filter(
        (facet) => filter[facet].length > 0 && !row[facet].some((value) => filter[facet].includes(value)));
      const fits = misses.length < 2 && filter.words.every((word) => textOf(row).includes(word));
      row.shown = fits && misses.length === 0;
      row.element.hidden = !row.shown;
      if (row.shown) {
        sum++;
        shown.set(row.outcome[0], shown.get(row.outcome[0]) + 1);
        FACETS.forEach((facet) => tally(facet, row));
      } else if (fits) {
        tally(misses[0], row);
      }
    }
    for (const group of groups) {
      const visible = group.rows.filter((row) => row.shown).length;
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
    const parts = OUTCOMES.filter((outcome) => shown.get(outcome) > 0)
      .map((outcome) => `${shown.get(outcome)} ${WORDS[outcome]}`);
    const all = `${rows.length} ${rows.length === 1 ? 'case' : 'cases'}`;
    const line = (sum === rows.length ? `All ${all}` : `${sum} of ${all}`)
      + (parts.length > 0 ? `: ${parts.join(', ')}` : '');
    if (count.textContent !== line) {
      count.textContent = line;
    }
    byId('nothing').hidden = sum > 0;
    byId('buttons').hidden = sum === 0;
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
    const plain = location.href.split('#')[0];
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
    const target = byId(id);
    const element = target?.closest('.case');
    if (!element) {
      return;
    }
    if (element.hidden) {
      restore('');
    }
    element.open = true;
    element.scrollIntoView();
    element.querySelector('summary').focus({ preventScroll: true });
  }

  /** Does what the fragment says. */
  function follow() {
    const state = location.hash.slice(1);
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

  form.hidden = false;
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
  byId('open').addEventListener('click', () => rows.filter((row) => row.shown).forEach((row) => {
    row.element.open = true;
  }));
  byId('fold').addEventListener('click', () => rows.forEach((row) => {
    row.element.open = false;
  }));
  addEventListener('hashchange', follow);
  apply();
  follow();
})();
