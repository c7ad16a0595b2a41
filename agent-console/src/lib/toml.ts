/** A line of TOML in pieces that look different. For the eye only: the engine says what is right. Pure. */

/** What a piece is. */
export type TomlKind = 'text' | 'comment' | 'table' | 'key' | 'string' | 'number' | 'mark';

/** A piece of a line. */
export interface TomlPiece {
  kind: TomlKind;
  text: string;
}

/** Whether a line begins within a string of several lines, and with which quotes it ends. */
export type TomlState = '"""' | "'''" | null;

const KEY = /^[A-Za-z0-9_\-.]+(?=\s*=)/;
const RULES: [TomlKind, RegExp][] = [
  ['comment', /^#.*/],
  ['string', /^"(?:[^"\\]|\\.)*"?/],
  ['string', /^'[^']*'?/],
  ['key', KEY],
  ['number', /^(?:true|false|inf|nan|[+-]?\d[\d_.:TZeE+-]*)\b/],
  ['mark', /^[=[\]{},]/],
  ['text', /^\s+|^[\w.$-]+|^./u],
];

/** The pieces of a line, and the state in which the next one begins. */
export function tomlLine(line: string, state: TomlState = null): { pieces: TomlPiece[]; state: TomlState } {
  const pieces: TomlPiece[] = [];
  let rest = line;
  let open = state;
  const take = (kind: TomlKind, text: string): void => {
    if (text === '') return;
    pieces.push({ kind, text });
    rest = rest.slice(text.length);
  };
  const within = (quotes: '"""' | "'''", from: number): void => {
    const end = rest.indexOf(quotes, from);
    open = end < 0 ? quotes : null;
    take('string', end < 0 ? rest : rest.slice(0, end + 3));
  };
  if (open) within(open, 0);
  else if (/^\s*\[/.test(rest) && /^\s*\[\[?[^=]*\]\]?\s*(#.*)?$/.test(rest)) take('table', /^[^#]*/.exec(rest)?.[0] ?? '');
  while (rest !== '') {
    if (rest.startsWith('"""')) within('"""', 3);
    else if (rest.startsWith("'''")) within("'''", 3);
    else {
      const [kind, found] = RULES.map(([k, rule]): [TomlKind, string] => [k, rule.exec(rest)?.[0] ?? '']).find(([, f]) => f !== '') ?? ['text', rest];
      take(kind, found);
    }
  }
  return { pieces, state: open };
}

/** In which state each line of a text begins. Only quotes of several lines matter, so this is quick. */
export function tomlStates(lines: string[]): TomlState[] {
  let state: TomlState = null;
  return lines.map((line) => {
    const begins = state;
    if (state || line.includes('"""') || line.includes("'''")) state = tomlLine(line, state).state;
    return begins;
  });
}

/** The nodes and flows that a text defines, with their lines: `[flow.main.node.greeting]` and `[flow.main]`. */
export function outlineOf(text: string): { flow: string; node: string | null; line: number }[] {
  return text.split('\n').flatMap((line, i) => {
    const found = /^\s*\[flow\.(?:"([^"]+)"|([\w-]+))(?:\.node\.(?:"([^"]+)"|([\w.-]+)))?\]/.exec(line);
    return found ? [{ flow: found[1] ?? found[2] ?? '', node: found[3] ?? found[4] ?? null, line: i + 1 }] : [];
  });
}
