/** F9 within five seconds of the answer must be pressed twice: the first press is likely a slip. */
const YOUNG = 5_000;
const AGAIN_WITHIN = 2_000;

class Guard {
  private pressed = $state(0);

  /** True while a second press would hang up. */
  armed(now: number): boolean {
    return this.pressed > 0 && now - this.pressed < AGAIN_WITHIN;
  }

  /** A press at `now` in a call joined at `joined`; true: hang up. */
  press(now: number, joined: number | null): boolean {
    const young = joined !== null && now - joined < YOUNG;
    if (!young || this.armed(now)) {
      this.pressed = 0;
      return true;
    }
    this.pressed = now;
    setTimeout(() => { this.pressed = 0; }, AGAIN_WITHIN);
    return false;
  }
}

/** The guard of this tab. */
export const hangUpGuard = new Guard();
