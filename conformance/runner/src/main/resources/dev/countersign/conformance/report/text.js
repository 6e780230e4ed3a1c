'use strict';
// Everything that is shown is made of the data by make() and text nodes. No text ever becomes markup, and none that an
// implementation made becomes an attribute.

const DATA = JSON.parse(document.getElementById('data').textContent);

/** How a case ended, worst first. */
const ENDINGS = [
  { key: 'failed', label: 'failed', mark: '✗' },
  { key: 'known-failing', label: 'known failing', mark: '!' },
  { key: 'skipped', label: 'skipped', mark: '–' },
  { key: 'passed', label: 'passed', mark: '✓' },
];

const byId = (id) => document.getElementById(id);

/** An element. Of its children arrays are spread, and strings become text. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return add(element, children);
}

function add(element, ...children) {
  children.flat(Infinity).forEach((child) => element.append(child));
  return element;
}

const SHORT_ESCAPES = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Whether a character is seen as what it is: no control, no unusual space, no half of a pair, nothing private. */
function isSeen(character) {
  const code = character.codePointAt(0);
  return character === ' '
    || !(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}]/u.test(character) || (code & 0xfffe) === 0xfffe
      || (code >= 0xfdd0 && code <= 0xfdef));
}

function escaped(character) {
  let units = '';
  for (let i = 0; i < character.length; i++) {
    units += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return SHORT_ESCAPES[character] ?? units;
}

/** The text for a person: what cannot be seen is an escape. */
function shown(text, most = Infinity) {
  const nodes = [];
  let run = '';
  let seen = true;
  const flush = () => {
    if (run !== '') {
      nodes.push(seen ? run : make('span', { class: 'esc' }, run));
    }
    run = '';
  };
  const end = text.length <= most ? text.length : whole(text, most);
  for (const character of text.slice(0, end)) {
    if (isSeen(character) !== seen) {
      flush();
      seen = !seen;
    }
    run += seen ? character : escaped(character);
  }
  flush();
  return end < text.length ? [...nodes, ' ', cut(text.length - end, 'character')] : nodes;
}

/** Says that something is left out here. */
function cut(many, what) {
  return make('span', { class: 'cut' }, `… ${grouped(many)} more ${what}${many === 1 ? '' : 's'}`);
}

/** The index, or one less where it would part a pair of surrogates. */
function whole(text, index) {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(index - 1, index + 1)) ? index - 1 : index;
}

function start(text, most) {
  return text.length <= most ? text : `${text.slice(0, whole(text, most))}…`;
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

function duration(micros) {
  return micros < 1000 ? `${micros} µs`
    : micros < 1000000 ? `${(micros / 1000).toFixed(1)} ms` : `${(micros / 1000000).toFixed(1)} s`;
}

/** Where a link to a case leads. */
function toCase(id) {
  return `#${encodeURIComponent(id).replaceAll('%2F', '/')}`;
}

/** The fragment that shows the cases with this value of a filter. */
function toView(filter, value) {
  return `#${filter}=${encodeURIComponent(value)}`;
}
