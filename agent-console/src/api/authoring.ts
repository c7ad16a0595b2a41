/** The part of the REST API by which administrators write flows and record prompts. */
import type { components } from '../generated/api';
import { json, query, read, send } from './client';

type S = components['schemas'];

/** A file of flows that the configuration names. */
export type FlowFileHead = S['FlowFileRow'];
/** A version that was published. */
export type FlowVersion = S['FlowVersion'];
/** A file of flows with its text, the asker's draft and its past, newest first. */
export type FlowFile = S['FlowFile'];
/** Something wrong with a text. Lines and columns count from 1; the file is not always the one that was checked. */
export type FlowProblem = S['ConfigFlaw'];
/** What the engine thinks of a text. */
export type FlowCheck = S['FlowChecked'];
/** What came of a publication. */
export type FlowPublished = S['FlowPublished'];
/** A walk through a text. */
export type FlowWalk = S['FlowTrial'];
/** How a walk went. `step`: what the caller, or the world, did. */
export type FlowWalked = S['FlowStory'];
/** What is wrong with the sound of a recording. */
export type PromptFault = S['PromptProblem'];
/** A prompt in one language; none: the same in all languages, such as music. */
export type PromptRecording = S['StoredPrompt'];
/** A prompt. */
export type Prompt = S['Prompt'];
/** All prompts, and those that flows say but nobody recorded. */
export type PromptList = S['Prompts'];

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
  publish: (name: string, text: string, base: string, note: string, force = false) => read<FlowPublished>(file('/publish', name), json('POST', { text, base, note, force })),
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
