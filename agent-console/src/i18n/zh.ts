/** Chinese (zh-CN), in the floor's own words. */
import type { Key } from './en';
import { authoring } from './zh-authoring';
import { callbacks } from './zh-callbacks';
import { desk } from './zh-desk';
import { journey } from './zh-journey';
import { pages } from './zh-pages';
import { told } from './zh-told';
import { why } from './zh-why';

export const zh: Record<Key, string> = { ...desk, ...pages, ...why, ...callbacks, ...journey, ...authoring, ...told };
