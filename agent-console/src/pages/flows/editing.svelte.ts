/** A file of flows while somebody works on it: the text, its draft at the engine, and what the engine thinks of it. */
import type { flows, FlowCheck, FlowFile, FlowProblem, FlowPublished } from '../../api/authoring';
import { ApiError } from '../../api/client';

const CHECK_AFTER = 400;
const SAVE_AFTER = 1_000;
/** After a draft could not be saved. */
const SAVE_AGAIN = 5_000;

/** How the draft stands: nothing to keep, not kept yet, on its way, kept, or refused. */
export type Saved = 'same' | 'waiting' | 'saving' | 'saved' | 'failed';

/** A drawn flow. `stale`: the text has changed since and the flow has errors. */
export interface Drawing {
  flow: string;
  svg: string;
  stale: boolean;
}

/** The problems that a refusal brought. */
export function problemsOf(error: unknown): FlowProblem[] {
  const found = error instanceof ApiError ? error.body['problems'] : null;
  return Array.isArray(found) ? (found as FlowProblem[]) : [];
}

/** One file of flows in the editor. */
export class FlowEditing {
  file = $state.raw<FlowFile | null>(null);
  text = $state('');
  /** The version that the text began with. */
  base = $state('');
  saved = $state<Saved>('same');
  savedAt = $state<number | null>(null);
  failed = $state<string | null>(null);
  problems = $state.raw<FlowProblem[] | null>(null);
  graphs = $state.raw<Drawing[]>([]);
  /** What of the tests beside the file did not come true when this text was to be published. */
  broken = $state.raw<FlowProblem[]>([]);
  checking = $state(false);
  checkFailed = $state<string | null>(null);
  /** Counts the checks that ended: whoever depends on a checked text asks anew. */
  checked = $state(0);

  writable: boolean = $derived(this.file?.writable ?? true);
  /** Why it may only be read. */
  why: string | null = $derived(this.file?.why ?? null);
  /** Problems of this file; others depend on it and may have their own. */
  here: FlowProblem[] = $derived((this.problems ?? []).filter((p) => this.isHere(p)));
  dirty: boolean = $derived(this.file !== null && this.text !== this.file.text);
  /** Somebody published since this text was begun. */
  behind: boolean = $derived(this.dirty && this.base !== this.file?.sha256);
  errors: number = $derived((this.problems ?? []).filter((p) => p.level === 'error').length);
  warnings: number = $derived((this.problems ?? []).filter((p) => p.level === 'warning').length);

  private saving: Promise<void> | null = null;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private checkTimer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private drawn = false;

  /** `engine`: who keeps the files; `words`: a refusal in words. */
  constructor(readonly name: string, private readonly engine: typeof flows, private readonly words: (error: unknown) => string) {}

  /** Whether a problem is in this file. The engine may name it with the folder in which it stands. */
  isHere(problem: FlowProblem): boolean {
    return problem.file === this.name || problem.file.endsWith(`/${this.name}`);
  }

  /** Reads the file, and the draft where there is one. */
  async load(): Promise<void> {
    try {
      const file = await this.engine.file(this.name);
      this.file = file;
      this.text = file.draft?.text ?? file.text;
      this.base = file.draft?.base ?? file.sha256;
      this.savedAt = file.draft?.at ?? null;
      this.saved = file.draft ? 'saved' : 'same';
      this.failed = null;
      void this.check();
    } catch (error) {
      this.failed = this.words(error);
    }
  }

  /** Looks whether another version is in force. Somebody who has written nothing gets it at once. */
  async refresh(): Promise<void> {
    const was = this.file;
    if (!was) return this.load();
    const file = await this.engine.file(this.name);
    if (this.file !== was || this.stopped) return;
    const untouched = !this.dirty;
    this.file = file;
    if (untouched && file.sha256 !== was.sha256) {
      [this.text, this.base] = [file.text, file.sha256];
      void this.check();
    }
  }

  /** The person changed the text. */
  edit(text: string): void {
    if (text === this.text || !this.writable) return;
    if (!this.dirty && this.file) this.base = this.file.sha256;
    this.text = text;
    this.broken = [];
    this.saved = 'waiting';
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => void this.save(), SAVE_AFTER);
    clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => void this.check(), CHECK_AFTER);
  }

  /** Keeps the draft at the engine; a text like the published one needs no draft. */
  async save(): Promise<void> {
    clearTimeout(this.saveTimer);
    await this.saving;
    if (this.saved !== 'waiting' && this.saved !== 'failed') return;
    const [text, dirty] = [this.text, this.dirty];
    this.saved = 'saving';
    const deed = async (): Promise<void> => {
      try {
        await (dirty ? this.engine.saveDraft(this.name, text, this.base) : this.engine.dropDraft(this.name));
        this.failed = null;
        if (this.text !== text) this.later(SAVE_AFTER);
        else [this.saved, this.savedAt] = [dirty ? 'saved' : 'same', dirty ? Date.now() : null];
      } catch (error) {
        this.failed = this.words(error);
        this.saved = 'failed';
        if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) this.later(SAVE_AGAIN, 'failed');
      }
    };
    this.saving = deed();
    await this.saving;
    this.saving = null;
  }

  private later(after: number, state: Saved = 'waiting'): void {
    this.saved = state;
    clearTimeout(this.saveTimer);
    if (!this.stopped) this.saveTimer = setTimeout(() => void this.save(), after);
  }

  /** Asks the engine what is wrong with the text, and for its pictures. */
  async check(): Promise<void> {
    clearTimeout(this.checkTimer);
    const text = this.text;
    this.checking = true;
    try {
      const found = await this.engine.check(this.name, text);
      if (this.text !== text) return;
      this.problems = found.problems;
      this.draw(found);
      this.checkFailed = null;
      this.checked += 1;
    } catch (error) {
      if (this.text === text) this.checkFailed = this.words(error);
    } finally {
      if (this.text === text) this.checking = false;
    }
  }

  /** Flows with errors keep their last drawing. */
  private draw(found: FlowCheck): void {
    const faulty = found.problems.some((p) => p.level === 'error');
    this.graphs = this.ordered(found.graphs, faulty ? this.graphs : []);
    if (faulty && !this.drawn) void this.drawPublished();
    this.drawn = true;
  }

  /** A draft that has errors from the start is shown beside what is in force. */
  private async drawPublished(): Promise<void> {
    const text = this.file?.text;
    if (text === undefined || text === this.text) return;
    const { graphs } = await this.engine.check(this.name, text).catch(() => ({ graphs: [] }));
    this.graphs = this.ordered(this.graphs, graphs);
  }

  /** The drawings, and older ones of the flows that have none, in the order of the text. */
  private ordered(now: (Omit<Drawing, 'stale'> & { stale?: boolean })[], before: Omit<Drawing, 'stale'>[]): Drawing[] {
    const old = before.filter((b) => now.every((n) => n.flow !== b.flow));
    const place = (flow: string): number => this.text.indexOf(`[flow.${flow}]`) >>> 0;
    return [...now.map((g) => ({ ...g, stale: g.stale ?? false })), ...old.map((g) => ({ ...g, stale: true }))].sort((a, b) => place(a.flow) - place(b.flow));
  }

  /** Puts the text in force; `force`: though its tests fail. Throws the engine's refusal; what it found wrong is in `problems` or `broken` then. */
  async publish(note: string, force = false): Promise<FlowPublished> {
    clearTimeout(this.saveTimer);
    await this.saving;
    return this.change(() => this.engine.publish(this.name, this.text, this.base, note, force));
  }

  /** Puts the text of an older version in force again. Throws the engine's refusal. */
  async rollBack(version: number): Promise<FlowPublished> {
    return this.change(() => this.engine.rollBack(this.name, version, this.file?.sha256 ?? ''));
  }

  private async change(ask: () => Promise<FlowPublished>): Promise<FlowPublished> {
    try {
      this.broken = [];
      const done = await ask();
      await this.load();
      return done;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'flow_tests_failed') this.broken = problemsOf(error);
      else if (problemsOf(error).length > 0) this.problems = problemsOf(error);
      if (error instanceof ApiError && error.status === 409) await this.refresh().catch(() => undefined);
      throw error;
    }
  }

  /** Throws the draft away: the text is the published one again. */
  async takeTheirs(): Promise<void> {
    clearTimeout(this.saveTimer);
    await this.saving;
    await this.engine.dropDraft(this.name);
    await this.load();
  }

  /** Goes on with this text, knowing that it replaces what somebody else published. */
  async keepMine(): Promise<void> {
    this.base = this.file?.sha256 ?? this.base;
    this.saved = 'waiting';
    await this.save();
  }

  /** The page goes away; what is not kept yet is sent. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.checkTimer);
    if (this.saved === 'waiting') void this.save();
    clearTimeout(this.saveTimer);
  }
}
