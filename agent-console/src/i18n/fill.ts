/** Puts values into texts. `one | other` chooses by the value `n`. */
export type Values = Record<string, string | number>;

/** `fill('{n} agent | {n} agents', { n: 2 })` is `2 agents`. */
export function fill(text: string, values: Values = {}): string {
  const forms = text.split(' | ');
  const form = forms.length > 1 && values['n'] !== 1 ? forms[1] : forms[0];
  return (form ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
