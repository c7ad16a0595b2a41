import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlowCheck, FlowFile, flows } from '../src/api/authoring';
import { ApiError } from '../src/api/client';
import { FlowEditing } from '../src/pages/flows/editing.svelte';

/** An engine that keeps one file in memory and writes down what it is asked. */
class Engine {
  asked: string[] = [];
  versions = [{ text: 'one\n', by: 'ana' as string | null, note: '' }];
  draft: FlowFile['draft'] = null;
  refuse: ApiError | null = null;
  found: FlowCheck = { problems: [], graphs: [{ flow: 'main', svg: '<svg/>' }] };
  /** Answers wait for this, where a test wants to act meanwhile. */
  gate: Promise<void> = Promise.resolve();

  private get current(): string {
    return this.versions.at(-1)?.text ?? '';
  }
  private async answer<T>(what: string, deed: () => T): Promise<T> {
    this.asked.push(what);
    await this.gate;
    if (this.refuse) throw this.refuse;
    return deed();
  }
  file = (): Promise<FlowFile> => this.answer('file', () => ({
    file: 'flows/main.toml', text: this.current, sha256: `sha of ${this.current}`, version: this.versions.length, writable: true, why: null, draft: this.draft,
    versions: this.versions.map((v, i) => ({ version: i + 1, sha256: `sha of ${v.text}`, at: 0, by: v.by, note: v.note, current: i === this.versions.length - 1 })).reverse(),
  }));
  check = (_: string, text: string): Promise<FlowCheck> => this.answer(`check ${text}`, () => this.found);
  saveDraft = (_: string, text: string, base: string): Promise<void> => this.answer(`draft ${text}`, () => { this.draft = { text, base, by: 'me', at: 1 }; });
  dropDraft = (): Promise<void> => this.answer('drop', () => { this.draft = null; });
  forced: boolean[] = [];
  publish = (_: string, text: string, base: string, note: string, force = false) => (this.forced.push(force), this.answer(`publish ${text}`, () => {
    if (base !== `sha of ${this.current}`) throw new ApiError(409, 'flow_changed', 'changed');
    this.versions.push({ text, by: 'me', note });
    this.draft = null;
    return { version: this.versions.length, problems: [], changed: [], restart: [] };
  }));
}

const rig = async (draft: FlowFile['draft'] = null): Promise<{ engine: Engine; editing: FlowEditing }> => {
  const engine = new Engine();
  engine.draft = draft;
  const editing = new FlowEditing('flows/main.toml', engine as unknown as typeof flows, String);
  await editing.load();
  await vi.advanceTimersByTimeAsync(0);
  engine.asked = [];
  return { engine, editing };
};

beforeEach(() => { vi.useFakeTimers(); });

describe('a flow in the editor', () => {
  it('is checked and kept as a draft when the typing stops, not at every key', async () => {
    const { engine, editing } = await rig();
    editing.edit('one\nt');
    await vi.advanceTimersByTimeAsync(300);
    editing.edit('one\ntwo\n');
    expect([editing.dirty, editing.saved, engine.asked]).toEqual([true, 'waiting', []]);
    await vi.advanceTimersByTimeAsync(400);
    expect(engine.asked).toEqual(['check one\ntwo\n']);
    await vi.advanceTimersByTimeAsync(600);
    expect(engine.asked).toEqual(['check one\ntwo\n', 'draft one\ntwo\n']);
    expect([editing.saved, engine.draft?.base]).toEqual(['saved', 'sha of one\n']);
  });

  it('needs no draft when it is again as published', async () => {
    const { engine, editing } = await rig({ text: 'mine\n', base: 'sha of one\n', by: 'me', at: 1 });
    expect([editing.text, editing.saved]).toEqual(['mine\n', 'saved']);
    editing.edit('one\n');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([engine.asked.includes('drop'), editing.saved, editing.dirty]).toEqual([true, 'same', false]);
  });

  it('is kept once more when it changed while the draft was on its way', async () => {
    const { engine, editing } = await rig();
    let open = (): void => undefined;
    editing.edit('a');
    await vi.advanceTimersByTimeAsync(900);
    engine.gate = new Promise((done) => { open = done; });
    await vi.advanceTimersByTimeAsync(100);
    expect(editing.saved).toBe('saving');
    editing.edit('ab');
    open();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([engine.draft?.text, editing.saved]).toEqual(['ab', 'saved']);
  });

  it('is tried again after the engine did not take the draft, and says so meanwhile', async () => {
    const { engine, editing } = await rig();
    engine.refuse = new ApiError(503, 'unavailable', 'not now');
    editing.edit('a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([editing.saved, editing.failed]).toEqual(['failed', 'Error: not now']);
    engine.refuse = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect([editing.saved, editing.failed, engine.draft?.text]).toEqual(['saved', null, 'a']);
  });

  it('shows the answer to its own text only', async () => {
    const { engine, editing } = await rig();
    let open = (): void => undefined;
    editing.edit('old');
    engine.gate = new Promise((done) => { open = done; });
    await vi.advanceTimersByTimeAsync(400);
    engine.found = { problems: [{ level: 'error', code: 'syntax', file: 'flows/main.toml', line: 1, column: 1, path: '', why: 'of the old text' }], graphs: [] };
    editing.edit('new');
    open();
    engine.gate = Promise.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([editing.errors, editing.checking]).toEqual([0, true]);
    await vi.advanceTimersByTimeAsync(400);
    expect([editing.errors, editing.checking]).toEqual([1, false]);
  });

  it('keeps the last drawing while nothing can be drawn', async () => {
    const { engine, editing } = await rig();
    engine.found = { problems: [{ level: 'error', code: 'syntax', file: '/etc/switchroom/flows/main.toml', line: 1, column: 1, path: '', why: 'x' }, { level: 'error', code: 'unknown_flow', file: 'flows/other.toml', line: 1, column: 1, path: '', why: 'y' }], graphs: [] };
    editing.edit('broken');
    await vi.advanceTimersByTimeAsync(400);
    expect([editing.graphs.map((g) => [g.flow, g.stale]), editing.errors, editing.here.length]).toEqual([[['main', true]], 2, 1]);
    engine.found = { problems: [], graphs: [{ flow: 'night', svg: '<svg/>' }] };
    editing.edit('mended, and main is gone');
    await vi.advanceTimersByTimeAsync(400);
    expect(editing.graphs.map((g) => [g.flow, g.stale])).toEqual([['night', false]]);
  });

  it('keeps the drawing of the flow that has errors beside those that have none, in the order of the text', async () => {
    const { engine, editing } = await rig();
    engine.found = { problems: [], graphs: [{ flow: 'night', svg: '1' }, { flow: 'main', svg: '1' }] };
    editing.edit('[flow.main]\n[flow.night]');
    await vi.advanceTimersByTimeAsync(400);
    engine.found = { problems: [{ level: 'error', code: 'no_exit', file: 'flows/main.toml', line: 1, column: 1, path: '', why: 'x' }], graphs: [{ flow: 'night', svg: '2' }] };
    editing.edit('[flow.main] broken\n[flow.night]');
    await vi.advanceTimersByTimeAsync(400);
    expect(editing.graphs).toEqual([{ flow: 'main', svg: '1', stale: true }, { flow: 'night', svg: '2', stale: false }]);
  });

  it('whose draft has errors from the start is drawn as it is in force', async () => {
    const engine = new Engine();
    engine.draft = { text: 'broken', base: 'sha of one\n', by: 'me', at: 1 };
    engine.check = (_, text) => Promise.resolve(text === 'broken' ? { problems: [{ level: 'error', code: 'syntax', file: 'flows/main.toml', line: 1, column: 1, path: '', why: 'x' }], graphs: [] } : engine.found);
    const editing = new FlowEditing('flows/main.toml', engine as unknown as typeof flows, String);
    await editing.load();
    await vi.advanceTimersByTimeAsync(0);
    expect(editing.graphs.map((g) => [g.flow, g.stale])).toEqual([['main', true]]);
  });

  it('comes into force and is no draft any more', async () => {
    const { editing } = await rig();
    editing.edit('two\n');
    await editing.publish('why');
    expect([editing.file?.version, editing.dirty, editing.saved, editing.file?.versions[0]?.note]).toEqual([2, false, 'same', 'why']);
  });

  it('that somebody else published first stays a draft, and can replace theirs on purpose', async () => {
    const { engine, editing } = await rig();
    editing.edit('mine\n');
    await vi.advanceTimersByTimeAsync(1_000);
    engine.versions.push({ text: 'theirs\n', by: 'ana', note: '' });
    expect(editing.behind).toBe(false);
    await expect(editing.publish('')).rejects.toMatchObject({ code: 'flow_changed' });
    expect([editing.behind, editing.text, editing.file?.version]).toEqual([true, 'mine\n', 2]);
    await editing.keepMine();
    expect([editing.behind, engine.draft?.base]).toEqual([false, 'sha of theirs\n']);
    await editing.publish('');
    expect([editing.file?.text, editing.file?.version]).toEqual(['mine\n', 3]);
  });

  it('is told what its tests say, apart from its own problems, and can come into force all the same', async () => {
    const { engine, editing } = await rig();
    editing.edit('two\n');
    await vi.advanceTimersByTimeAsync(400);
    const broken = [{ level: 'error', code: 'flow_tests_failed', file: 'flows/main.test.toml', line: 6, column: 1, path: '', why: 'x' }];
    engine.refuse = new ApiError(422, 'flow_tests_failed', 'fail', { problems: broken });
    await expect(editing.publish('')).rejects.toMatchObject({ code: 'flow_tests_failed' });
    expect([editing.broken, editing.errors]).toEqual([broken, 0]);
    engine.refuse = null;
    await editing.publish('', true);
    expect([editing.broken, editing.file?.version, engine.forced]).toEqual([[], 2, [false, true]]);
  });

  it('gives way to theirs when that is wished', async () => {
    const { engine, editing } = await rig({ text: 'mine\n', base: 'sha of something older', by: 'me', at: 1 });
    expect(editing.behind).toBe(true);
    await editing.takeTheirs();
    expect([editing.behind, editing.text, engine.draft]).toEqual([false, 'one\n', null]);
  });

  it('that nobody touched follows what others publish', async () => {
    const { engine, editing } = await rig();
    engine.versions.push({ text: 'theirs\n', by: null, note: '' });
    await editing.refresh();
    expect([editing.text, editing.file?.version, editing.behind]).toEqual(['theirs\n', 2, false]);
    editing.edit('theirs\nmine\n');
    engine.versions.push({ text: 'again\n', by: null, note: '' });
    await editing.refresh();
    expect([editing.text, editing.behind]).toEqual(['theirs\nmine\n', true]);
  });

  it('is sent when the page goes away before it was kept', async () => {
    const { engine, editing } = await rig();
    editing.edit('last words');
    editing.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.draft?.text).toBe('last words');
  });
});
