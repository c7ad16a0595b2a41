/** What differs between two texts, line by line (Myers' greedy algorithm). Pure. */

/** A line of the difference. `old` and `new` count from 1 and are null where the line is not in that text. */
export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  old: number | null;
  new: number | null;
}

/** Beyond so many changed lines the middle is told as wholly exchanged, so that a page never hangs. */
const MOST_EDITS = 2_000;

const linesOf = (text: string): string[] => {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

/** The furthest points of each round, until the ends meet; null when that takes too many edits. */
function rounds(a: string[], b: string[]): Int32Array[] | null {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const size = 2 * most + 3;
  const far = new Int32Array(size);
  const trail: Int32Array[] = [];
  for (let d = 0; d <= most; d += 1) {
    trail.push(far.slice());
    for (let k = -d; k <= d; k += 2) {
      const at = k + most + 1;
      const down = k === -d || (k !== d && (far[at - 1] ?? 0) < (far[at + 1] ?? 0));
      let x = down ? (far[at + 1] ?? 0) : (far[at - 1] ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      far[at] = x;
      if (x >= a.length && x - k >= b.length) return trail;
    }
  }
  return null;
}

/** The steps from the end to the start, turned round: pairs of positions of which one or both moved. */
function path(a: string[], b: string[], trail: Int32Array[]): [number, number, number, number][] {
  const most = ((trail[0]?.length ?? 3) - 3) / 2;
  const steps: [number, number, number, number][] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trail.length - 1; d >= 0; d -= 1) {
    const far = trail[d] ?? new Int32Array();
    const at = x - y + most + 1;
    const k = x - y;
    const down = k === -d || (k !== d && (far[at - 1] ?? 0) < (far[at + 1] ?? 0));
    const fromK = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (far[fromK + most + 1] ?? 0);
    const fromY = d === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      steps.push([x - 1, y - 1, x, y]);
      [x, y] = [x - 1, y - 1];
    }
    if (d > 0) {
      steps.push([fromX, fromY, x, y]);
      [x, y] = [fromX, fromY];
    }
  }
  return steps.reverse();
}

function middle(a: string[], b: string[], from: number): DiffLine[] {
  const trail = rounds(a, b);
  if (!trail) {
    return [
      ...a.map((text, i): DiffLine => ({ kind: 'removed', text, old: from + i + 1, new: null })),
      ...b.map((text, i): DiffLine => ({ kind: 'added', text, old: null, new: from + i + 1 })),
    ];
  }
  return path(a, b, trail).map(([x, y, toX, toY]): DiffLine => {
    if (toX > x && toY > y) return { kind: 'same', text: a[x] ?? '', old: from + x + 1, new: from + y + 1 };
    return toX > x ? { kind: 'removed', text: a[x] ?? '', old: from + x + 1, new: null } : { kind: 'added', text: b[y] ?? '', old: null, new: from + y + 1 };
  });
}

/** Every line of both texts, in order. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const same = (i: number, j: number): DiffLine => ({ kind: 'same', text: a[i] ?? '', old: i + 1, new: j + 1 });
  return [
    ...Array.from({ length: head }, (_, i) => same(i, i)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head),
    ...Array.from({ length: tail }, (_, i) => same(a.length - tail + i, b.length - tail + i)),
  ];
}

/** How many lines came and went. */
export function diffCounts(lines: DiffLine[]): { added: number; removed: number } {
  return { added: lines.filter((l) => l.kind === 'added').length, removed: lines.filter((l) => l.kind === 'removed').length };
}

/** A stretch of the difference: lines in view, or a number of alike lines that are folded away. */
export type DiffPart = { lines: DiffLine[]; folded: false } | { lines: DiffLine[]; folded: true };

/** The difference with alike lines folded away but for `around` of them beside each change. */
export function foldDiff(lines: DiffLine[], around = 3): DiffPart[] {
  const near = new Set<number>();
  lines.forEach((line, i) => {
    if (line.kind !== 'same') for (let n = i - around; n <= i + around; n += 1) near.add(n);
  });
  const parts: DiffPart[] = [];
  lines.forEach((line, i) => {
    const folded = !near.has(i);
    const last = parts.at(-1);
    if (last && last.folded === folded) last.lines.push(line);
    else parts.push({ lines: [line], folded });
  });
  // One line folded away takes as much room as the line itself.
  return parts.map((p) => (p.folded && p.lines.length === 1 ? { lines: p.lines, folded: false } : p));
}
