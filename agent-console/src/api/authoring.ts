/** The part of the REST API by which administrators write flows and record prompts. */
import { json, query, read, send } from './client';

/** A file of flows that the configuration names. */
export interface FlowFileHead {
  /** As the configuration names it: `flows/main.toml`. */
  file: string;
  flows: { id: string; nodes: number; entry_points: string[] }[];
  /** The version in force; 0: none is kept. */
  version: number;
  published_at?: number | null;
  /** Null: changed on the disk. */
  published_by?: string | null;
  /** The asker's draft, else the newest one of others. */
  draft?: { by: string; at: number } | null;
  writable: boolean;
  /** Why it is not writable. */
  why?: string | null;
}

/** A version that was published. */
export interface FlowVersion {
  version: number;
  sha256: string;
  at: number;
  /** Null: found on the disk. */
  by?: string | null;
  note: string;
  current: boolean;
}

/** A file of flows with its text, its draft and its past. */
export interface FlowFile {
  file: string;
  text: string;
  sha256: string;
  version: number;
  writable: boolean;
  why?: string | null;
  /** The asker's: each writer has one of one's own. */
  draft?: { text: string; base: string; by: string; at: number } | null;
  /** Newest first. */
  versions: FlowVersion[];
}

/** Something wrong with a text. Lines and columns count from 1. */
export interface FlowProblem {
  level: 'error' | 'warning';
  code: string;
  /** `FL01`, where one of the rules of flows is broken. */
  rule?: string | null;
  /** Not always the file that was checked: others may depend on it. */
  file: string;
  line: number;
  column: number;
  why: string;
  hint?: string | null;
}

/** What the engine thinks of a text. */
export interface FlowCheck {
  problems: FlowProblem[];
  graphs: { flow: string; svg: string }[];
}

/** What came of a publication. */
export interface FlowPublished {
  version: number;
  problems: FlowProblem[];
  /** What is otherwise than before, in the whole configuration. */
  changed: string[];
  /** What of the configuration needs a restart. */
  restart: string[];
}

/** A walk through a text. */
export interface FlowWalk {
  text: string;
  flow: string;
  language: string;
  caller: string;
  /** Local time, `2026-03-02T10:00`. */
  at?: string;
  steps: string[];
}

/** How a walk went. `step`: what the caller, or the world, did. */
export interface FlowWalked {
  said: { who: 'engine' | 'caller'; kind: 'node' | 'speech' | 'event' | 'step'; text: string; node: string }[];
  waits_for: 'digit' | 'digits' | 'message' | 'lookup' | 'queue' | 'transfer' | 'silence' | 'over';
  /** The steps that it understands, in words. */
  hint: string;
}

/** What is wrong with the sound of a recording. */
export type PromptFault = 'clipped' | 'quiet' | 'loud' | 'long_silence';

/** A prompt in one language. */
export interface PromptRecording {
  /** Null: the same in all languages, such as music. */
  language: string | null;
  length_ms: number;
  /** The mean level of speech in dB below full scale; null: nothing is heard. */
  level_dbfs: number | null;
  peak_dbfs: number | null;
  problems: PromptFault[];
  bytes: number;
  modified: number;
}

/** A prompt. */
export interface Prompt {
  id: string;
  languages: PromptRecording[];
  /** Flows that say it. */
  used_by: string[];
  /** Its words, by language. */
  text?: Record<string, string> | null;
}

/** All prompts, and those that flows say but nobody recorded. */
export interface PromptList {
  prompts: Prompt[];
  missing: { id: string; language: string; flow: string }[];
  writable: boolean;
  why?: string | null;
  speech: { available: boolean; engine: string; why?: string | null };
}

/** The language in addresses of what is the same in all languages. */
export const NEUTRAL = 'music';

const at = (id: string): string => encodeURIComponent(id);
const file = (what: string, name: string): string => `/flows/file${what}${query({ name })}`;
const prompt = (language: string | null, id: string): string => `/prompts/${at(language ?? NEUTRAL)}/${at(id)}`;

/** Flows. Every call may throw an `ApiError`. */
export const flows = {
  list: async () => (await read<{ files: FlowFileHead[] }>('/flows')).files,
  file: (name: string) => read<FlowFile>(file('', name)),
  saveDraft: async (name: string, text: string, base: string) => void (await send(file('/draft', name), json('PUT', { text, base }))),
  dropDraft: async (name: string) => void (await send(file('/draft', name), { method: 'DELETE' })),
  check: (name: string, text: string) => read<FlowCheck>(file('/check', name), json('POST', { text })),
  publish: (name: string, text: string, base: string, note: string) => read<FlowPublished>(file('/publish', name), json('POST', { text, base, note })),
  rollBack: (name: string, version: number, base: string) => read<FlowPublished>(file('/roll-back', name), json('POST', { version, base })),
  version: async (name: string, version: number) => (await read<{ text: string }>(file(`/versions/${version}`, name))).text,
  walk: (name: string, walk: FlowWalk) => read<FlowWalked>(file('/simulate', name), json('POST', walk)),
};

/** Prompts. Every call may throw an `ApiError`. */
export const prompts = {
  list: () => read<PromptList>('/prompts'),
  sound: async (language: string | null, id: string) => (await send(`${prompt(language, id)}.wav`)).blob(),
  keep: (language: string | null, id: string, wav: Blob) => read<PromptRecording>(prompt(language, id), { method: 'PUT', body: wav, headers: { 'content-type': 'audio/wav' } }),
  speak: (language: string, id: string, text: string) => read<PromptRecording>(`${prompt(language, id)}/speak`, json('POST', { text })),
  listen: async (language: string, text: string) => (await send('/speech', json('POST', { language, text }))).blob(),
  remove: async (language: string | null, id: string) => void (await send(prompt(language, id), { method: 'DELETE' })),
};
