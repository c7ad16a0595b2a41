/** Notes of the contact in hand: kept at the engine a second after the last key, and before anything that ends them. */
import { desk } from '../../desk.svelte';

const QUIET = 1_000;
const RETRY = 3_000;

export type NotesState = 'clean' | 'typing' | 'saving' | 'saved' | 'failed';

class Notes {
  text = $state('');
  state = $state<NotesState>('clean');
  private contact: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows another contact's notes; what was typed for the one before is kept first. */
  open(contact: string | null, kept: string): void {
    if (contact === this.contact) {
      if (this.state === 'clean' && this.text !== kept) this.text = kept;
      return;
    }
    void this.flush();
    this.contact = contact;
    this.text = kept;
    this.state = 'clean';
  }

  /** A key was pressed. */
  typed(text: string): void {
    this.text = text;
    this.state = 'typing';
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), QUIET);
  }

  /** Keeps what is not kept yet. True when nothing is left to keep. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.contact === null || (this.state !== 'typing' && this.state !== 'failed')) return true;
    const { contact, text } = this;
    this.state = 'saving';
    const problem = await desk.ask({ type: 'save_notes', contact, text });
    if (contact !== this.contact) return problem === null;
    if (problem) {
      this.state = 'failed';
      this.timer = setTimeout(() => void this.flush(), RETRY);
    } else if (this.state === 'saving') this.state = 'saved';
    return problem === null;
  }
}

/** The notes of this tab. */
export const notes = new Notes();
