/** English. `{name}` is a value; `one | other` chooses by `{n}`. */
import { authoring } from './en-authoring';
import { callbacks } from './en-callbacks';
import { desk } from './en-desk';
import { journey } from './en-journey';
import { pages } from './en-pages';
import { told } from './en-told';
import { why } from './en-why';

export const en = { ...desk, ...pages, ...why, ...callbacks, ...journey, ...authoring, ...told };

/** A text of the console. */
export type Key = keyof typeof en;
