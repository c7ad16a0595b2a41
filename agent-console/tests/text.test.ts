import { describe, expect, it } from 'vitest';
import { diffCounts, diffLines, foldDiff, type DiffLine } from '../src/lib/diff';
import { indent, newLine, offsetOf, outdent, placeOf, spanAt, toggleComment, type Change } from '../src/lib/text-edit';
import { outlineOf, tomlLine, tomlStates } from '../src/lib/toml';

const marks = (lines: DiffLine[]): string => lines.map((l) => ({ same: ' ', added: '+', removed: '-' })[l.kind] + l.text).join('|');
const apply = (text: string, c: Change | null): string => (c ? text.slice(0, c.from) + c.insert + text.slice(c.to) : text);
const sideOf = (lines: DiffLine[], side: 'removed' | 'added'): string[] => lines.filter((l) => l.kind === 'same' || l.kind === side).map((l) => l.text);

describe('the difference of two texts', () => {
  it('names the lines that came and went', () => {
    expect(marks(diffLines('a\nb\nc\n', 'a\nx\nc\n'))).toBe(' a|-b|+x| c');
    expect(marks(diffLines('a\nb\n', 'a\nb\nc\n'))).toBe(' a| b|+c');
    expect(marks(diffLines('', 'a\n'))).toBe('+a');
    expect(marks(diffLines('a\n', ''))).toBe('-a');
    expect(marks(diffLines('same\n', 'same\n'))).toBe(' same');
    expect(diffCounts(diffLines('a\nb\nc', 'c\nd'))).toEqual({ added: 1, removed: 2 });
  });

  it('is the shortest', () => {
    expect(marks(diffLines('a\nb\nc\na\nb\nb\na', 'c\nb\na\nb\na\nc'))).toBe('-a|-b| c|+b| a| b|-b| a|+c');
  });

  it('holds both texts whole, with their line numbers, whatever they are', () => {
    let seed = 7;
    const next = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
    for (let round = 0; round < 300; round += 1) {
      const text = (): string[] => Array.from({ length: next(14) }, () => 'abcd'.charAt(next(4)));
      const [a, b] = [text(), text()];
      const lines = diffLines(a.join('\n'), b.join('\n'));
      expect(sideOf(lines, 'removed')).toEqual(a);
      expect(sideOf(lines, 'added')).toEqual(b);
      expect(lines.flatMap((l) => l.old ?? [])).toEqual(a.map((_, i) => i + 1));
      expect(lines.flatMap((l) => l.new ?? [])).toEqual(b.map((_, i) => i + 1));
    }
  });

  it('gives up on texts that have nothing in common', () => {
    const text = (word: string): string => Array.from({ length: 3_000 }, (_, i) => `${word} ${i}`).join('\n');
    expect(diffCounts(diffLines(text('a'), text('b')))).toEqual({ added: 3_000, removed: 3_000 });
  });

  it('folds away what is alike, but for some lines around each change', () => {
    const before = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n');
    const parts = foldDiff(diffLines(before, before.replace('line 10', 'new')), 2);
    expect(parts.map((p) => [p.folded, p.lines.length])).toEqual([[true, 8], [false, 6], [true, 7]]);
    expect(foldDiff(diffLines('a\nb\nc\nd', 'a\nb\nc\nx'), 2).some((p) => p.folded)).toBe(false);
  });
});

describe('a place in a text', () => {
  const text = 'one\n键 = "值"\n😀x = 1\n';
  it('counts characters as the engine does, not what the browser stores', () => {
    expect([offsetOf(text, { line: 1, column: 1 }), offsetOf(text, { line: 2, column: 5 }), offsetOf(text, { line: 3, column: 2 })]).toEqual([0, 8, 14]);
    expect([placeOf(text, 0), placeOf(text, 8), placeOf(text, 14)]).toEqual([{ line: 1, column: 1 }, { line: 2, column: 5 }, { line: 3, column: 2 }]);
  });

  it('never lies outside of the text', () => {
    expect([offsetOf(text, { line: 99, column: 1 }), offsetOf(text, { line: 1, column: 99 }), offsetOf('', { line: 1, column: 1 })]).toEqual([text.length, 3, 0]);
  });

  it('is marked by the word that stands there', () => {
    const toml = 'next = "menu"\ntype = play';
    const word = (line: number, column: number): string => toml.slice(...spanAt(toml, { line, column }));
    expect([word(1, 1), word(1, 8), word(1, 6), word(2, 8), word(9, 9)]).toEqual(['next', '"menu"', '=', 'play', '']);
  });
});

describe('a key in the editor', () => {
  it('moves lines in and out', () => {
    expect(apply('a\nb', indent('a\nb', 1, 1))).toBe('a  \nb');
    expect(apply('a\n\nb\nc', indent('a\n\nb\nc', 0, 5))).toBe('  a\n\n  b\nc');
    expect(apply('  a\n    b\nc', outdent('  a\n    b\nc', 0, 11))).toBe('a\n  b\nc');
    expect(outdent('a', 0, 1)).toBeNull();
    expect(outdent('  a', 3, 3)?.select).toEqual([1, 1]);
  });

  it('begins a line where the last one began', () => {
    expect(apply('  a = 1', newLine('  a = 1', 7, 7))).toBe('  a = 1\n  ');
    expect(apply('  a', newLine('  a', 0, 0))).toBe('\n  a');
  });

  it('makes lines a comment and back', () => {
    const once = apply('a\n\n  b', toggleComment('a\n\n  b', 0, 6));
    expect(once).toBe('# a\n\n#   b');
    expect(apply(once, toggleComment(once, 0, once.length))).toBe('a\n\n  b');
  });
});

describe('TOML', () => {
  const kinds = (line: string): string => tomlLine(line).pieces.filter((p) => p.text.trim() !== '').map((p) => `${p.kind}:${p.text}`).join(' ');
  it('is told apart by what it is', () => {
    expect(kinds('[flow.main.node.a] # start')).toBe('table:[flow.main.node.a]  comment:# start');
    expect(kinds('digits = { 1 = "english", "*" = \'x\' }')).toBe('key:digits mark:= mark:{ key:1 mark:= string:"english" mark:, string:"*" mark:= string:\'x\' mark:}');
    expect(kinds('barge_in = true # "no"')).toBe('key:barge_in mark:= number:true comment:# "no"');
    expect(kinds('prompts = ["a\\"b", 2.5]')).toBe('key:prompts mark:= mark:[ string:"a\\"b" mark:, number:2.5 mark:]');
  });

  it('loses no character, whatever stands there', () => {
    for (const line of ['', '   ', '"open', "'open", '= = =', '键 = "值" 😀', '[[queue]]', 'a."b c".d = 1', '"""x""" y', '}}]]']) {
      expect(tomlLine(line).pieces.map((p) => p.text).join('')).toBe(line);
    }
  });

  it('remembers a string of several lines', () => {
    expect(tomlStates(['a = """', 'b = 1', 'end"""', 'c = 2'])).toEqual([null, '"""', '"""', null]);
    expect(tomlLine('b = 1', '"""').pieces).toEqual([{ kind: 'string', text: 'b = 1' }]);
  });

  it('has an outline of flows and nodes', () => {
    expect(outlineOf('[flow.main]\nstart = "a"\n\n[flow.main.node.main-menu]\n[flow."b c".node."d.e"]')).toEqual([
      { flow: 'main', node: null, line: 1 }, { flow: 'main', node: 'main-menu', line: 4 }, { flow: 'b c', node: 'd.e', line: 5 },
    ]);
  });
});
