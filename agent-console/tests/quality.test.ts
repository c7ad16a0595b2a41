import { describe, expect, it } from 'vitest';
import { alarm, jitterMs, lostPercent, mos, poorest, type Heard } from '../src/lib/quality';

const leg = (role: string, mos_hundredths: number | null): Heard => ({ role, mos_hundredths, lost_permille: 2, jitter_mean_us: 3100 });

describe('how a leg sounds', () => {
  it('is read as people say it', () => {
    expect([mos(432), mos(null), lostPercent(2), lostPercent(0), lostPercent(204), jitterMs(3100)]).toEqual(['4.3', '–', '0.2', '0.0', '20', 3]);
  });

  it('asks for a look below 3.5 only, and at the worst leg', () => {
    expect(poorest([leg('customer', 350), leg('agent', null)])).toBeNull();
    expect(poorest([])).toBeNull();
    expect(poorest([leg('customer', 349), leg('agent', 212), leg('number', 440)])?.role).toBe('agent');
  });

  it('is red where nearly everybody complains', () => {
    expect([alarm(leg('customer', 340)), alarm(leg('customer', 259))]).toEqual(['a', 'r']);
  });
});
