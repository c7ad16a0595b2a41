/** Plays one recording at a time. */
import { prompts } from '../../api/authoring';
import { routeTo } from '../../phone/devices.svelte';

/** What plays on the page: one thing at a time, named by a key. */
export class OnePlayer {
  /** The key of what plays or is being fetched. */
  playing = $state<string | null>(null);
  /** 0 to 1. */
  share = $state(0);
  private audio: HTMLAudioElement | null = null;

  /** Plays what `fetch` brings, or stops it when it plays already. */
  async toggle(key: string, fetch: () => Promise<Blob>): Promise<void> {
    if (this.playing === key) {
      this.stop();
      return;
    }
    this.stop();
    this.playing = key;
    try {
      const sound = await fetch();
      if (this.playing === key) await this.start(key, URL.createObjectURL(sound));
    } catch (error) {
      if (this.playing === key) this.stop();
      throw error;
    }
  }

  private async start(key: string, url: string): Promise<void> {
    const audio = new Audio(url);
    this.audio = audio;
    audio.ontimeupdate = () => { if (this.playing === key && audio.duration > 0) this.share = audio.currentTime / audio.duration; };
    audio.onended = () => { if (this.playing === key) this.stop(); };
    await routeTo(audio, 'speaker');
    await audio.play();
  }

  /** Plays the recording of a prompt. */
  prompt(language: string | null, id: string): Promise<void> {
    return this.toggle(keyOf(language, id), () => prompts.sound(language, id));
  }

  /** Nothing plays any more. */
  stop(): void {
    this.audio?.pause();
    if (this.audio) URL.revokeObjectURL(this.audio.src);
    [this.audio, this.playing, this.share] = [null, null, 0];
  }
}

/** The key of a prompt's recording. */
export const keyOf = (language: string | null, id: string): string => `${language ?? ''}/${id}`;
