import { describe, expect, it } from 'vitest';
import type { ContactDetail } from '../src/api/types';
import { commentsOf, talkOf } from '../src/lib/comments';

const recording = (id: string, state = 'complete') => ({ id, state, duration_ms: 1_000 });
const spoken = (id: string) => ({ seq: 1, at: 1, kind: 'comment_started', fields: { node: 'comment', recording: id } });
const story = (recordings: object[], events: object[]) => ({ recordings, events }) as unknown as ContactDetail;

describe('the recordings of a contact', () => {
  it('tells comments from the talk, in whatever order they are listed', () => {
    const detail = story([recording('c'), recording('talk')], [spoken('c')]);
    expect(talkOf(detail)?.id).toBe('talk');
    expect(commentsOf(detail).map((comment) => [comment.node, comment.recording.id])).toEqual([['comment', 'c']]);
  });

  it('has no talk where there are comments only, and no comment that does not stand', () => {
    const detail = story([recording('c', 'recording')], [spoken('c')]);
    expect(talkOf(detail)).toBeUndefined();
    expect(commentsOf(detail)).toEqual([]);
    expect(talkOf(null)).toBeUndefined();
  });
});
