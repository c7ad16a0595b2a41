/** Places in a text, and what keys do to it. Pure. Lines and columns count from 1, columns in characters as the engine's problems do. */

/** A place in a text. */
export interface Place {
  line: number;
  column: number;
}

/** How many UTF-16 units lead to the column of a line; the end of the line for a column behind it. */
function unitsTo(line: string, column: number): number {
  let units = 0;
  let left = column - 1;
  for (const character of line) {
    if (left <= 0) break;
    units += character.length;
    left -= 1;
  }
  return units;
}

/** Where a place begins, in units of the text as the browser counts them. A place behind the text is its end. */
export function offsetOf(text: string, place: Place): number {
  let start = 0;
  for (let line = 1; line < place.line; line += 1) {
    const end = text.indexOf('\n', start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return start + unitsTo(text.slice(start, end < 0 ? undefined : end), Math.max(1, place.column));
}

/** The place of an offset that the browser gave. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1;
  return { line, column: [...before.slice(start)].length + 1 };
}

/** What stands at a place: the word there, else one character, so that a mark is seen. */
export function spanAt(text: string, place: Place): [number, number] {
  const start = offsetOf(text, place);
  const word = /^[\w.$-]+|^"[^"\n]*"?|^'[^'\n]*'?|^[^\n]/u.exec(text.slice(start, start + 400))?.[0] ?? '';
  return [start, start + word.length];
}

/** A change: what replaces the stretch, and what is selected afterwards. */
export interface Change {
  from: number;
  to: number;
  insert: string;
  select: [number, number];
}

const STEP = '  ';

/** The stretch of whole lines that a selection touches. A selection that ends at the start of a line does not touch it. */
function wholeLines(text: string, from: number, to: number): [number, number] {
  const last = to > from && text[to - 1] === '\n' ? to - 1 : to;
  const end = text.indexOf('\n', last);
  return [text.lastIndexOf('\n', from - 1) + 1, end < 0 ? text.length : end];
}

/** The tab key: spaces at the caret, or every selected line further in. */
export function indent(text: string, from: number, to: number): Change {
  if (!text.slice(from, to).includes('\n')) {
    const at = from + STEP.length;
    return { from, to, insert: STEP, select: [at, at] };
  }
  const [start, end] = wholeLines(text, from, to);
  const insert = text.slice(start, end).split('\n').map((line) => (line === '' ? line : STEP + line)).join('\n');
  return { from: start, to: end, insert, select: [start, start + insert.length] };
}

/** Shift and tab: the lines of the selection further out. */
export function outdent(text: string, from: number, to: number): Change | null {
  const [start, end] = wholeLines(text, from, to);
  const before = text.slice(start, end);
  const insert = before.split('\n').map((line) => line.replace(/^(?: {1,2}|\t)/, '')).join('\n');
  if (insert === before) return null;
  const gone = before.length - insert.length;
  return { from: start, to: end, insert, select: from === to ? [Math.max(start, from - gone), Math.max(start, from - gone)] : [start, start + insert.length] };
}

/** The Enter key: the next line begins where this one does. */
export function newLine(text: string, from: number, to: number): Change {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const lead = /^[ \t]*/.exec(text.slice(start, from))?.[0] ?? '';
  const at = from + 1 + lead.length;
  return { from, to, insert: `\n${lead}`, select: [at, at] };
}

/** A key that marks the lines of a selection as comment, or takes the marks away when all have one. */
export function toggleComment(text: string, from: number, to: number): Change {
  const [start, end] = wholeLines(text, from, to);
  const lines = text.slice(start, end).split('\n');
  const all = lines.every((line) => line.trim() === '' || /^\s*#/.test(line));
  const insert = lines.map((line) => (all ? line.replace(/^(\s*)# ?/, '$1') : line.trim() === '' ? line : `# ${line}`)).join('\n');
  return { from: start, to: end, insert, select: [start, start + insert.length] };
}
