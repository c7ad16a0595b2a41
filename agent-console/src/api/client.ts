/** The REST API of the engine that served this page. */
import type {
  Agent, Callback, CallbackWish, ContactDetail, ContactPage, Customer, CustomerPage, CustomerWrite, Disposition, Import, Phone, PublicConfig,
  Queue, Reason, Schedule, SessionToken, StartCredentials, User, WebCall, WhyStory,
} from './types';

/** What the API refused, as RFC 9457 says it; `body` is all of it. `status` 0: it did not answer. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly body: Record<string, unknown> = {}) {
    super(message);
  }
}

let token: string | null = null;
let onExpired: () => void = () => undefined;

/** Sets the token that goes with every request, and who is told when it is no longer good. */
export function useToken(value: string | null, expired: () => void = () => undefined): void {
  token = value;
  onExpired = expired;
}

/** The token in use. */
export function currentToken(): string | null {
  return token;
}

async function problemOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = body['detail'] ?? body['title'] ?? response.statusText;
  return new ApiError(response.status, String(body['code'] ?? response.status), String(text), body);
}

/** Asks the API and gives the answer, or throws an `ApiError`. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(`/api/v1${path}`, { ...init, headers }).catch(() => {
    throw new ApiError(0, 'no_answer', 'The engine does not answer.');
  });
  if (response.ok) return response;
  if (response.status === 401 && token) onExpired();
  throw await problemOf(response);
}

/** Asks the API for JSON. */
export async function read<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await send(path, init)).json()) as T;
}

/** A request with a JSON body. */
export function json(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** The query of an address, without what is empty. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(values).filter(([, v]) => v !== null && v !== undefined && v !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}` : '';
}

/** Which contacts; see `GET /contacts`. */
export interface ContactQuery {
  channel?: string;
  agent?: string; queue?: string; customer?: string; from_at?: number; to_at?: number; outcome?: string; number?: string;
  cursor?: string | null; limit?: number;
}

/** How a web call stands; `GET /web-calls/{sip_user}`. */
export interface WebCallStatus {
  phase: 'menu' | 'waiting' | 'ringing' | 'talking';
  agent?: string | null;
  queue?: string | null;
  position?: number | null;
}

const at = (id: string): string => encodeURIComponent(id);

/** The calls of the API that the console makes. Every one may throw an `ApiError`. */
export const api = {
  signIn: (login: string, password: string) => read<SessionToken>('/sessions', json('POST', { login, password })),
  signOut: async () => void (await send('/sessions/current', { method: 'DELETE' })),
  me: () => read<User>('/me'),
  phone: () => read<Phone>('/phone'),
  publicConfig: () => read<PublicConfig>('/config/public'),
  dispositions: async () => (await read<{ items: Disposition[] }>('/dispositions')).items,
  reasons: async () => (await read<{ items: Reason[] }>('/reasons')).items,
  agents: async () => (await read<{ items: Agent[] }>('/agents')).items,
  queues: async () => (await read<{ items: Queue[] }>('/queues')).items,
  setAgentState: async (agent: string, state: string, reason?: string) =>
    void (await send(`/agents/${at(agent)}/state`, json('POST', reason ? { state, reason } : { state }))),
  contacts: (which: ContactQuery) => read<ContactPage>(`/contacts${query({ ...which })}`),
  contact: (id: string) => read<ContactDetail>(`/contacts/${at(id)}`),
  why: (id: string) => read<WhyStory>(`/contacts/${at(id)}/why`),
  setPriority: async (id: string, priority: number) => void (await send(`/contacts/${at(id)}/priority`, json('POST', { priority }))),
  openQueue: async (id: string, open: boolean) => void (await send(`/queues/${at(id)}/open`, json('POST', { open }))),
  callbacks: async () => (await read<{ items: Callback[] }>('/callbacks')).items,
  requestCallback: async (fields: CallbackWish) => void (await send('/callbacks', json('POST', fields))),
  cancelCallback: async (id: string) => void (await send(`/callbacks/${at(id)}`, { method: 'DELETE' })),
  schedules: async () => (await read<{ items: Schedule[] }>('/schedules')).items,
  setEmergency: async (id: string, closed: boolean, prompt: string) =>
    void (await send(`/schedules/${at(id)}/emergency`, json('POST', prompt ? { closed, prompt } : { closed }))),
  recording: async (id: string) => (await send(`/recordings/${at(id)}`)).blob(),
  customers: (search: string, cursor?: string | null) => read<CustomerPage>(`/customers${query({ search, cursor, limit: 50 })}`),
  customer: (id: string) => read<Customer>(`/customers/${at(id)}`),
  addCustomer: (fields: CustomerWrite) => read<Customer>('/customers', json('POST', fields)),
  changeCustomer: (id: string, fields: CustomerWrite) => read<Customer>(`/customers/${at(id)}`, json('PUT', fields)),
  importCustomers: (csv: string, dryRun: boolean) =>
    read<Import>(`/customers/import${query({ dry_run: String(dryRun) })}`, { method: 'POST', body: csv, headers: { 'content-type': 'text/csv' } }),
  webCall: () => read<WebCall>('/web-calls', json('POST', {})),
  webCallStatus: (sipUser: string) => read<WebCallStatus>(`/web-calls/${at(sipUser)}`),
  start: (startToken: string) => read<StartCredentials>('/start', json('POST', { token: startToken })),
};
