// Bytes and JSON, for people.

const MOST_BYTES = 480;
/** A little more than what the file keeps of a text in an answer. */
const LONGEST_STRING = 700;
const DEEPEST = 24;

const isHex = (text) => text.length % 2 === 0 && /^[0-9a-f]*$/.test(text);
const bytesOf = (hex) => (hex.match(/../g) ?? []).map((digits) => parseInt(digits, 16));
const isReadable = (byte) => byte >= 0x20 && byte < 0x7f;
const digits = (byte) => byte.toString(16).padStart(2, '0');

/** Whether the text says more than the hex: most of it can be read. */
function isMostlyText(bytes) {
  const readable = bytes.filter((byte) => isReadable(byte) || byte === 10 || byte === 13 || byte === 9).length;
  return bytes.length > 0 && readable * 4 >= bytes.length * 3;
}

/** A byte in words: its hex, and what it is in ASCII. */
function inWords(byte) {
  return digits(byte)
    + (isReadable(byte) ? ` “${String.fromCharCode(byte)}”` : byte === 10 ? ' (line feed)' : '');
}

/**
 * A part of bytes if they are many, with one of them marked; the length marks the end. What was left out before the part
 * and after it is counted.
 */
function byteView(bytes, asText, marked = -1, before = 0, after = 0) {
  const first = bytes.length <= MOST_BYTES
    ? 0 : Math.max(0, Math.min(marked - MOST_BYTES / 3, bytes.length - MOST_BYTES));
  const last = Math.min(bytes.length, first + MOST_BYTES);
  const pre = make('pre', { class: 'bytes' });
  if (before + first > 0) {
    add(pre, cut(before + first, 'byte'), ' ');
  }
  for (let i = first; i < last; i++) {
    const byte = bytes[i];
    const one = asText ? textOfByte(byte) : digits(byte);
    add(pre, !asText && i > first && i % 2 === 0 ? ' ' : '', i === marked ? make('mark', {}, one) : one);
    if (asText && byte === 10) {
      add(pre, '\n');
    }
  }
  if (marked === bytes.length) {
    add(pre, make('mark', { class: 'end' }, 'end'));
  }
  if (after + bytes.length - last > 0) {
    add(pre, ' ', cut(after + bytes.length - last, 'byte'));
  }
  pre.normalize();
  return pre;
}

function textOfByte(byte) {
  const character = String.fromCharCode(byte);
  return isReadable(byte)
    ? character : make('span', { class: 'esc' }, SHORT_ESCAPES[character] ?? `\\x${digits(byte)}`);
}

/** JSON indented, small things on one line, no more than about so many characters. */
function jsonView(value, most) {
  const pre = make('pre', { class: 'json' });
  let left = most;

  function string(text) {
    const end = Math.min(left, LONGEST_STRING);
    left -= Math.min(text.length, end) + 2;
    const quoted = (part) => shown(part.replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
    return text.length <= end ? ['"', quoted(text), '"']
      : ['"', quoted(start(text, end)), '" ', cut(text.length - whole(text, end), 'character')];
  }

  function container(children, isArray, depth) {
    const oneLine = isShort(children, isArray);
    const line = (indent) => {
      left -= oneLine ? 0 : 2 * indent;
      return oneLine ? ' ' : `\n${'  '.repeat(indent)}`;
    };
    add(pre, isArray ? '[' : '{');
    children.forEach(([key, child], i) => {
      if (left > 0) {
        add(pre, line(depth + 1), isArray ? '' : [make('i', {}, string(key)), ': ']);
        any(child, depth + 1);
        add(pre, i + 1 < children.length ? ',' : '');
      }
    });
    add(pre, children.length === 0 ? '' : line(depth), isArray ? ']' : '}');
  }

  function any(child, depth) {
    if (child === null || typeof child !== 'object') {
      const text = String(child);
      left -= typeof child === 'string' ? 0 : text.length;
      add(pre, typeof child === 'string' ? string(child) : shown(text, LONGEST_STRING));
    } else if (depth > DEEPEST) {
      add(pre, make('span', { class: 'cut' }, '… nested too deeply to show'));
    } else {
      container(Object.entries(child), Array.isArray(child), depth);
    }
  }

  any(value, 0);
  if (left <= 0) {
    add(pre, '\n', make('span', { class: 'cut' }, '… the rest is not shown'));
  }
  return pre;
}

/** Few plain values that fit on a line. */
function isShort(children, isArray) {
  return children.length <= 6
    && children.every(([key, child]) => child === null || typeof child !== 'object' || Object.keys(child).length === 0)
    && children.reduce((sum, [key, child]) => sum + (isArray ? 0 : key.length + 4) + String(child).length + 4, 0) <= 88;
}
