/** Which recording of a contact is that of its talks, and which are comments that the caller spoke in a flow. Pure. */
import type { ContactDetail } from '../api/types';

type Recording = ContactDetail['recordings'][number];

export interface Comment {
  /** The node of the flow. */
  node: string;
  recording: Recording;
}

/** The comments that can be heard, in order. */
export function commentsOf(detail: ContactDetail): Comment[] {
  return detail.events.filter((e) => e.kind === 'comment_started').flatMap((e) => {
    const fields = e.fields as Record<string, unknown>;
    const recording = detail.recordings.find((r) => r.id === fields['recording'] && r.state === 'complete');
    return recording ? [{ node: String(fields['node'] ?? ''), recording }] : [];
  });
}

/** The recording of the talks, or the message; no comment. */
export function talkOf(detail: ContactDetail | null): Recording | undefined {
  const comments = new Set(detail?.events.filter((e) => e.kind === 'comment_started').map((e) => (e.fields as Record<string, unknown>)['recording']));
  return detail?.recordings.find((r) => !comments.has(r.id));
}
