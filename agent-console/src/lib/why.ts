/** Why an agent was chosen, as the engine writes it: `longest idle; score 0; ring 0; li 800 ms idle, ana 20 ms idle`. */
export interface Why {
  /** `longest_idle`, `least_occupied`, `best_level`. */
  rule: string;
  /** How long the chosen agent was idle, in ms. */
  idle: number | null;
  /** The chosen agent's skill level. */
  level: number | null;
  /** How many agents were compared. */
  compared: number;
}

/** Reads the engine's line; `null` when it is written otherwise. */
export function readWhy(line: string): Why | null {
  const [rule, , , list] = line.split('; ');
  if (!rule || !list) return null;
  const candidates = list.split(', ');
  const figure = /(\d+) (ms idle|level)$/.exec(candidates[0] ?? '');
  const number = figure ? Number(figure[1]) : null;
  return {
    rule: rule.replace(' ', '_'), compared: candidates.length,
    idle: figure?.[2] === 'ms idle' ? number : null, level: figure?.[2] === 'level' ? number : null,
  };
}
