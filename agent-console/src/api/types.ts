/** Names for the generated types of the REST API. */
import type { components } from '../generated/api';

type S = components['schemas'];
export type User = S['User'];
export type SessionToken = S['SessionToken'];
export type Contact = S['Contact'];
export type ContactPage = S['ContactPage'];
export type ContactDetail = S['ContactDetail'];
export type ContactEvent = S['ContactEvent'];
export type Customer = S['Customer'];
export type CustomerPage = S['CustomerPage'];
export type CustomerWrite = S['CustomerWrite'];
export type Import = S['Import'];
export type Agent = S['Agent'];
export type Queue = S['Queue'];
export type Disposition = S['Disposition'];
export type Reason = S['Reason'];
export type Phone = S['Phone'];
export type PublicConfig = S['PublicConfig'];
export type WebCall = S['WebCall'];
export type StartCredentials = S['StartCredentials'];
export type WhyStory = S['WhyStory'];
export type Chances = S['Chances'];
export type PastOffer = S['PastOffer'];
export type AgentVerdict = S['AgentVerdict'];
export type Excluded = S['Excluded'];
export type NeededSkill = S['NeededSkill'];
