import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Prompt, PromptList, PromptRecording } from '../src/api/authoring';
import { imageOf, readGraph } from '../src/lib/graph';
import { languageName, languagesOf } from '../src/lib/languages';
import { faultFamily, isPromptName, levelShare, promptLanguages, promptRows, promptsMatching, recordingIn } from '../src/lib/prompts';
import { outlineOf } from '../src/lib/toml';
import { localMinute, wordsFor } from '../src/lib/walk';

const recording = (language: string | null, problems: PromptRecording['problems'] = []): PromptRecording => ({ language, length_ms: 1000, level_dbfs: -20, peak_dbfs: -6, problems, bytes: 16_044, modified: 0 });
const prompt = (id: string, fields: Partial<Prompt> = {}): Prompt => ({ id, languages: [recording('en')], used_by: ['main'], ...fields });
const list = (prompts: Prompt[], missing: PromptList['missing'] = []): PromptList => ({ prompts, missing, writable: true, speech: { available: true, engine: 'espeak-ng' } });
const ids = (rows: Prompt[]): string[] => rows.map((r) => r.id);

describe('the list of prompts', () => {
  it('holds those too that are only missing, once', () => {
    const rows = promptRows(list([prompt('welcome')], [{ id: 'closed', language: 'zh', flow: 'main' }, { id: 'closed', language: 'zh', flow: 'night' }, { id: 'welcome', language: 'zh', flow: 'main' }]));
    expect(rows.map((r) => [r.id, r.missing, r.used_by])).toEqual([['closed', ['zh'], ['main', 'night']], ['welcome', ['zh'], ['main']]]);
  });

  it('counts numbers as numbers', () => {
    expect(ids(promptRows(list([prompt('number-10'), prompt('number-9'), prompt('goodbye')])))).toEqual(['goodbye', 'number-9', 'number-10']);
  });

  it('is searched by name, words and flow, every word of the search', () => {
    const rows = promptRows(list([prompt('welcome', { text: { en: 'Good morning', zh: '您好' } }), prompt('closed', { used_by: ['night'] })]));
    const found = (text: string): string[] => ids(promptsMatching(rows, text, 'all'));
    expect([found('WELC'), found('morning good'), found('您好'), found('night'), found('welcome night'), found('  ')]).toEqual([['welcome'], ['welcome'], ['welcome'], ['closed'], [], ['closed', 'welcome']]);
  });

  it('is narrowed to what needs somebody', () => {
    const rows = promptRows(list([prompt('fine'), prompt('quiet', { languages: [recording('en'), recording('zh', ['quiet'])] }), prompt('old', { used_by: [] })], [{ id: 'fine', language: 'zh', flow: 'main' }]));
    expect([ids(promptsMatching(rows, '', 'faulty')), ids(promptsMatching(rows, '', 'missing')), ids(promptsMatching(rows, '', 'unused'))]).toEqual([['quiet'], ['fine'], ['old']]);
  });

  it('has its languages in the order of the house, music in none', () => {
    expect(promptLanguages(list([prompt('music', { languages: [recording(null)] }), prompt('a', { languages: [recording('de'), recording('en')] })], [{ id: 'a', language: 'zh', flow: 'main' }]), ['zh', 'en', 'fr'])).toEqual(['zh', 'en', 'de']);
    expect(recordingIn(prompt('music', { languages: [recording(null)] }), null)?.language).toBeNull();
  });

  it('takes the names that the engine takes', () => {
    expect(['main-menu', 'a.b_C9', 'x'.repeat(31)].every(isPromptName)).toBe(true);
    expect(['', 'a b', 'ü', '../x', 'a/b', '.hidden', 'x'.repeat(32)].some(isPromptName)).toBe(false);
  });
});

describe('a level', () => {
  it('stays within the bar', () => {
    expect([levelShare(0), levelShare(-25), levelShare(-50), levelShare(-90), levelShare(3), levelShare(null)]).toEqual([1, 0.5, 0, 0, 1, 0]);
  });

  it('is worst where it is clipped', () => {
    expect([faultFamily([]), faultFamily(['quiet']), faultFamily(['loud', 'clipped'])]).toEqual(['g', 'a', 'r']);
  });
});

describe('a drawn graph', () => {
  const svg = readFileSync(new URL('../../docs/img/flow.svg', import.meta.url), 'utf8');
  const flow = readFileSync(new URL('../../config/demo/flows/demo.toml', import.meta.url), 'utf8');
  it('tells where each node of the flow is', () => {
    const graph = readGraph(svg);
    const drawn = outlineOf(flow).flatMap((o) => (o.flow === 'demo' && o.node !== null ? [o.node] : []));
    expect(graph.nodes.map((n) => n.id).sort()).toEqual(drawn.sort());
    expect(graph.width > 0 && graph.height > 0).toBe(true);
    expect(graph.nodes.every((n) => n.left >= 0 && n.top >= 0 && n.left + n.width <= 1 && n.top + n.height <= 1)).toBe(true);
  });

  it('that is none has no nodes', () => {
    expect([readGraph('').nodes, readGraph('<svg viewBox="0 0 10 10"></svg>').nodes]).toEqual([[], []]);
  });

  it('becomes the address of an image whatever stands in it', () => {
    expect(decodeURIComponent(imageOf('<svg>#%"键"</svg>').replace(/^[^,]*,/, ''))).toBe('<svg>#%"键"</svg>');
  });
});

describe('a walk by hand', () => {
  it('offers what means something', () => {
    expect([wordsFor('digit'), wordsFor('over'), wordsFor('transfer'), wordsFor('something new')]).toEqual([['silence'], [], ['answered', 'failed'], ['silence']]);
    expect(wordsFor('queue')).toContain('agent');
  });

  it('has a time as the field has it', () => {
    expect(localMinute(new Date(2026, 2, 2, 9, 5))).toBe('2026-03-02T09:05');
  });
});

describe('languages', () => {
  it('are named, and not twice', () => {
    expect([languageName('en', 'en'), languageName('en', 'zh'), languageName('not a tag', 'en')]).toEqual(['English', '英语', 'not a tag']);
    expect(languagesOf(['en', 'zh', 'zh-CN', 'pt-BR', 'en'])).toEqual(['en', 'zh', 'pt-BR']);
  });
});
