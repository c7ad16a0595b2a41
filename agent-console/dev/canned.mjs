// Canned people and figures for the dev server. Names, numbers and companies are invented. Never part of the build.
const MIN = 60_000;
const now = () => Date.now();
const named = (q) => (q ? { id: q.id, name: q.name } : null);

const WORLD = {
  en: {
    company: 'Halden Energy', me: 'Li Wei',
    queues: [['billing', 'Billing', 860, 0], ['support', 'Support', 820, 3], ['sales-de', 'Sales DE', 610, 7], ['tier2', 'Support tier 2', 970, 0], ['retention', 'Retention', 910, 0]],
    agents: [['ana.ruiz', 'Ana Ruiz', 'ready'], ['chen.jing', '陈静 Chen Jing', 'ready'], ['max.oduya', 'Max Oduya', 'busy', 'talking', 'Elif Demir'], ['priya.nair', 'Priya Nair', 'after_contact_work', 'wrap_up'], ['sam.becker', 'Sam Becker', 'reserved', null, 'Number withheld'], ['tom.hale', 'Tom Hale', 'busy', 'held', 'Dr. Amir Haddad'], ['jan.tomanek', 'Jan Tománek', 'not_ready', 'lunch'], ['emeka.bello', 'Emeka Bello', 'logged_out']],
    customer: { id: 'c1', name: 'Marta Keller', company: 'Keller Bakery GmbH', tier: 'gold', account: '4471-0093', language: 'de', notes: '' },
    ani: '+493023125042',
    last: [['Invoice explained', 'Will check the second debit with her bank.', 'Tom Hale', 'Billing', 2, 362], ['Follow-up needed', 'Asks for a call back before noon', null, 'Billing', 3, 48], ['Escalated to Collections', 'Two debits on the same day, case opened', 'Ana Ruiz', 'Billing', 4, 580]],
    handled: [['Sofia Lindqvist', 312, 'refund'], ['Tom Ashworth', 220, 'explained'], [null, 31, 'wrong-number'], ['Dr. Amir Haddad', 544, 'escalated'], ['Bakker & Zonen', 266, 'address'], ['Lena Vogt', 438, 'plan'], ['Grünwald Hotel', 188, 'explained'], ['Mateo Silva', 402, 'refund']],
    waiting: ['Volkova & Partner', '+493023125077', 'Hanna Weiss', 'Mateo Silva', 'Grünwald Hotel', '周氏食品', 'Ines Moreau', ''],
    notes: 'Second debit for invoice 2207 on 17 Nov confirmed, € 107.30. Customer wants refund, not credit.\n\nBank details unchanged.',
    why: 'longest idle; score 72000; ring 0; li.wei 72000 ms idle, ana.ruiz 41000 ms idle',
  },
  zh: {
    company: '晓岚能源', me: '李伟',
    queues: [['billing', '账务', 860, 0], ['support', '技术支持', 820, 3], ['sales-de', '销售', 610, 7]],
    agents: [['chen.jing', '陈静', 'ready'], ['ouyang', '欧阳子涵', 'ready'], ['ma.jun', '马骏', 'busy', 'talking', '钱伟'], ['ni.pei', '倪佩', 'after_contact_work', 'wrap_up'], ['tang', '唐一鸣', 'not_ready', 'lunch'], ['lv.chen', '吕晨', 'logged_out']],
    customer: { id: 'c1', name: '林晓岚', company: '晓岚花艺工作室', tier: 'gold', account: '4471-0093', language: 'zh', notes: '' },
    ani: '+8613912340158',
    last: [['已解释账单', '会向银行核实第二笔扣款。', '陈静', '账务', 2, 362], ['需要跟进', '请在中午前回电', null, '账务', 3, 48], ['已升级', '同一天两次扣款，已建工单', '马骏', '账务', 4, 580]],
    handled: [['吴桐', 312, 'refund'], ['何雨欣', 220, 'explained'], [null, 31, 'wrong-number'], ['钱伟', 544, 'escalated'], ['江南印刷厂', 266, 'address'], ['许可', 438, 'plan']],
    waiting: ['周氏食品', '+8613800000142', '赵敏'],
    notes: '11 月 17 日同一账单扣款两次，已核实并原路退款，3 个工作日内到账。客户不需要抵扣。',
    why: 'longest idle; score 72000; ring 0; li.wei 72000 ms idle',
  },
};
const DISPOSITIONS = [['refund', 'Billed twice, refunded', '重复扣款，已退款'], ['explained', 'Invoice explained', '已解释账单'], ['address', 'Address changed', '地址变更'], ['plan', 'Payment plan', '分期付款'], ['escalated', 'Escalated', '已升级'], ['wrong-number', 'Wrong number', '打错电话'], ['follow-up', 'Follow-up needed', '需要跟进']];
const REASONS = [['break', 'Break', '休息'], ['lunch', 'Lunch', '午餐'], ['training', 'Training', '培训'], ['meeting', 'Meeting', '会议']];

export function world(lang) {
  const w = WORLD[lang];
  const queues = w.queues.map(([id, name, level, waiting]) => ({
    id, name, open: id !== 'retention', goal: { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 }, waiting, oldest_at: waiting ? now() - 42_000 * (waiting > 3 ? 5 : 1) : null,
    service_level: { permille: level, formula: 'no_short' }, asa_ms: 14_000, counts: { offered: 140, answered: 128, answered_within: 110, abandoned: waiting, short_abandons: 1, flowed_out: 6 },
    callbacks: { open: waiting, booked: 6 + waiting, tries: 7, reached: 5, failed: 1, cancelled: 0, wait_reached_ms: 412_000 },
    agents: { signed_in: 7, ready: waiting ? 0 : 2, reserved: 1, busy: 3, after_contact_work: 1, not_ready: 1 },
    expected_wait: { mean_ms: waiting * 31_000, p90_ms: waiting * 58_000 },
  }));
  const people = [['li.wei', w.me, 'ready'], ...w.agents].map(([id, name, state, extra, customer], i) => ({
    id, name, state, reason: state === 'not_ready' ? extra : null, since_at: now() - (state === 'not_ready' ? 66 * MIN : 198_000 - i * 14_000), next: null, reachable: true,
    contact: customer ? `ct${i}` : null, phase: state === 'busy' || state === 'after_contact_work' ? extra : null, customer: customer ?? null,
    monitors: id === 'max.oduya' || id === 'ma.jun' ? [{ agent: { id: 'mona.berg', name: 'Mona Berg' }, mode: 'whisper', joined: true }] : [],
    legs: state !== 'busy' ? [] : [{ role: 'customer', mos_hundredths: i === 2 ? 241 : 432, lost_permille: i === 2 ? 140 : 2, jitter_mean_us: 3100, round_trip_us: 42_000 }],
    queue: customer ? named(queues[i % queues.length]) : null, queues: [queues[0].id, queues[i ? i % queues.length : 1].id, ...(i ? [] : [queues[2].id])].filter((x, n, all) => all.indexOf(x) === n),
    skills: [{ id: 'billing', level: 9 - (i % 5) }, ...(i % 2 ? [] : [{ id: 'german', level: 10 - i }])], handled: 58 - i * 3, aht_ms: 268_000 + i * 4000,
  }));
  const waiting = w.waiting.map((customer, i) => ({ contact: `w${i}`, queue: named(queues[2] ?? queues[0]), channel: ['voice', 'voice', 'callback', 'voicemail'][i] ?? 'voice', customer, since_at: now() - (222_000 - i * 29_000), offered: i === 0 }));
  const calls = [['in_line', -410, -980, 0], ['trying', -180, -760, 1], ['suspended', -60, -640, 0], ['talking', -30, -400, 2], ['scheduled', 540, -300, 1], ['scheduled', 5_400, 5_400, 0], ['scheduled', 93_600, 93_600, 0]];
  const callbacks = calls.map(([state, due, since, attempts], i) => ({ contact: `b${i}`, queue: named(queues[i % queues.length]), number: `+49302312510${i}`, customer: i % 3 === 2 ? null : w.handled[i]?.[0] ?? null, state, attempts, due_at: now() + due * 1000, since_at: now() + since * 1000, agent: i % 2 ? { id: people[i].id, name: people[i].name } : null }));
  const midnight = new Date().setHours(0, 0, 0, 0);
  const span = now() - midnight;
  const handled = w.handled.map(([name, seconds, code], i) => {
    const start = now() - (span > 4 * 3_600_000 ? 3_600_000 * 0.55 : span / 12) * (i + 1);
    return { id: `h${i}`, channel: 'voice', ani: name ? `+4930231250${10 + i}` : '', dnis: '+493023125000', customer: name ? `c${i}` : null, customer_name: name, queue: queues[i % 2].id, agent: 'li.wei', outcome: 'answered', ended_by: 'customer', path: ['main_menu', 'invoices'], disposition: code, notes: i === 0 ? w.notes : '', recording: 'rec1', events: 19, started_at: start, ended_at: start + seconds * 1000 + 40_000, closed_at: start + seconds * 1000 + 70_000, wait_ms: 24_000 * (i % 3), ring_ms: 4000, talk_ms: (seconds - 12) * 1000, hold_ms: 12_000, wrap_up_ms: 39_000 };
  });
  const left = (i, minutes, outcome, fields = {}) => ({ ...handled[i % handled.length], id: `vm${i}`, channel: 'voicemail', outcome, agent: outcome ? 'li.wei' : null, disposition: outcome ? 'follow-up' : null, path: [], started_at: now() - minutes * MIN, ended_at: outcome ? now() - (minutes - 20) * MIN : null, closed_at: outcome ? now() - (minutes - 21) * MIN : null, ...fields });
  const messages = [left(0, 4, null), left(1, 31, null), left(2, 75, null, { agent: 'li.wei' }), left(3, 190, 'answered'), left(4, 1_300, 'answered', { disposition: null }), left(5, 2_900, 'system')];
  const customer = { ...w.customer, contact_points: [{ kind: 'phone', raw: w.ani, normal: w.ani, label: 'office' }, { kind: 'email', raw: 'marta@keller.example', normal: 'marta@keller.example', label: '' }], contacts_7d: 3, contacts_total: 11, last_contacts: w.last.map(([disposition, note, agent, queue, days, s]) => ({ started_at: now() - days * 86_400_000, channel: 'voice', queue, agent, disposition, note, talk_ms: s * 1000 })) };
  const pop = { contact: 'live', ani: w.ani, caller_name: '', dnis: '+493023125000', channel: 'voice', message: null, queue: named(queues[0]), customer, path: ['main_menu', 'invoices', 'speak_to_someone'], digits: [{ node: 'invoices', digits: '2' }, { node: 'speak_to_someone', digits: '1' }], started_at: now() - 400_000, queued_at: now() - 350_000, waited_ms: 72_000, outgoing: false, diverted_from: null, diversion_reason: '', verified: null, signalled: [] };
  return { ...w, queues, people, waiting, callbacks, handled, messages, schedules: schedules(lang), customer, pop, dispositions: DISPOSITIONS.map(([code, en, zh]) => ({ code, labels: { en, zh }, queues: [] })), reasons: [...REASONS.map(([code, en, zh]) => ({ code, labels: { en, zh }, system: false })), { code: 'rona', labels: { en: 'No answer', zh: '无应答' }, system: true }] };
}

/** A call back: the customer's number stands in both places. */
const backPop = (w) => ({ ...w.pop, contact: 'back', channel: 'callback', outgoing: true, dnis: w.pop.ani, path: [], digits: [], started_at: now() - 31 * MIN, queued_at: now() - 38 * MIN, waited_ms: 38 * MIN });

/** A message that somebody left half an hour ago. */
const messagePop = (w) => ({ ...w.pop, contact: 'vm1', channel: 'voicemail', path: [], digits: [], started_at: now() - 31 * MIN, queued_at: now() - 31 * MIN, waited_ms: 31 * MIN, message: { recording: 'rec1', duration_ms: 60_000, left_at: now() - 31 * MIN } });

/** Three schedules: one goes by its hours, one was closed by hand, one has a holiday. */
function schedules(lang) {
  const names = lang === 'zh' ? ['账务热线', '紧急值班', '上海办公室', '中秋节'] : ['Billing desk', 'Emergency line', 'Office Shanghai', 'Mid-Autumn Festival'];
  const midnight = new Date().setHours(0, 0, 0, 0), hour = 3_600_000;
  const weekly = (stretches, shift = 0) => Array.from({ length: 14 }, (_, d) => d).flatMap((d) => stretches(new Date(midnight + d * 24 * hour).getDay()).map(([a, b]) => ({ from_at: midnight + d * 24 * hour + (a - shift) * hour, to_at: midnight + d * 24 * hour + (b - shift) * hour })));
  const office = weekly((day) => (day === 0 ? [] : day === 6 ? [[9, 13]] : [[8, 12.5], [13.5, 24]]));
  const soon = (openings) => { const at = openings.flatMap((o) => [o.from_at, o.to_at]).find((t) => t > now()); return at ?? null; };
  const open = (openings) => openings.some((o) => o.from_at <= now() && now() < o.to_at);
  const always = [{ from_at: midnight, to_at: midnight + 14 * 24 * hour }];
  const far = weekly((day) => (day === 0 || day === 6 ? [] : [[9, 18]]), 8).slice(1);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    { id: 'billing', name: names[0], zone: here, open: open(office), why: open(office) ? null : 'hours', holiday: null, next_change_at: soon(office), emergency_since_at: null, emergency_prompt: null, openings: office },
    { id: 'emergency', name: names[1], zone: here, open: false, why: 'emergency', holiday: null, next_change_at: null, emergency_since_at: now() - 40 * MIN, emergency_prompt: 'closed_now', openings: always },
    { id: 'shanghai', name: names[2], zone: 'Asia/Shanghai', open: false, why: 'holiday', holiday: names[3], next_change_at: soon(far.filter((o) => o.from_at > now())), emergency_since_at: null, emergency_prompt: null, openings: far.filter((o) => o.from_at > now()) },
  ];
}

export function deskOf(w, scene) {
  const hand = (phase, extra) => ({ interaction: 'i1', contact: 'live', queue: w.pop.queue, phase, since_at: now() - 272_000, connected_at: now() - 272_000, held_ms: 20_000, muted: false, recording: 'rec1', paused_by: null, consult: null, wrap_up_deadline_at: null, disposition: null, notes: w.notes, pop: w.pop, ...extra });
  const state = (word, extra) => ({ state: word, reason: null, offer: null, since_at: now() - 108_000, next: null, note: null, ...extra });
  const base = { agent: 'li.wei', reachable: true, offer: null, interaction: null };
  switch (scene) {
    case 'offer':
      return { ...base, state: state('reserved', { offer: 'o1', since_at: now() - 6000 }), offer: { offer: 'o1', interaction: 'i1', contact: 'live', offered_at: now() - 6000, deadline_at: now() + 14_000, why: w.why, consulted_by: null, pop: w.pop } };
    case 'back':
      return { ...base, state: state('reserved', { offer: 'o1', since_at: now() - 6000 }), offer: { offer: 'o1', interaction: 'i1', contact: 'back', offered_at: now() - 6000, deadline_at: now() + 14_000, why: w.why, consulted_by: null, pop: backPop(w) } };
    case 'message':
      return { ...base, state: state('reserved', { offer: 'o1', since_at: now() - 6000 }), offer: { offer: 'o1', interaction: 'i1', contact: 'vm1', offered_at: now() - 6000, deadline_at: now() + 14_000, why: w.why, consulted_by: null, pop: messagePop(w) } };
    case 'message-hand':
      return { ...base, state: state('busy', {}), interaction: hand('talking', { contact: 'vm1', since_at: now() - 21_000, connected_at: now() - 21_000, held_ms: 0, recording: null, notes: '', pop: messagePop(w) }) };
    case 'back-calling':
      return { ...base, state: state('busy', {}), interaction: hand('connecting', { contact: 'back', connected_at: null, pop: backPop(w) }) };
    case 'back-talking':
      return { ...base, state: state('busy', {}), interaction: hand('talking', { contact: 'back', pop: backPop(w) }) };
    case 'talking':
      return { ...base, state: state('busy', { next: { state: 'ready', reason: null } }), interaction: hand('talking', { disposition: 'refund' }) };
    case 'consult':
      return { ...base, state: state('busy', {}), interaction: hand('consulting', { consult: { asks: true, stage: 'consulting', since_at: now() - 21_000, agent: { id: w.people[1].id, name: w.people[1].name }, queue: null, number: null } }) };
    case 'paused':
      return { ...base, state: state('busy', {}), interaction: hand('talking', { paused_by: { id: 'li.wei', name: w.me } }) };
    case 'asked':
      return { ...base, state: state('busy', {}), offer: { offer: 'o1', interaction: 'i1', contact: 'live', offered_at: now() - 6000, deadline_at: now() + 24_000, why: '', consulted_by: { id: w.people[1].id, name: w.people[1].name }, pop: w.pop } };
    case 'held':
      return { ...base, state: state('busy', {}), interaction: hand('held', { since_at: now() - 74_000, muted: true }) };
    case 'wrap':
      return { ...base, state: state('after_contact_work', { next: { state: 'ready', reason: null } }), interaction: hand('wrap_up', { since_at: now() - 17_000, connected_at: now() - 425_000, wrap_up_deadline_at: now() + 43_000, disposition: 'refund' }) };
    case 'not-ready':
      return { ...base, state: state('not_ready', { reason: 'rona' }) };
    default:
      return { ...base, state: state('ready') };
  }
}

const out = (code, extra = {}) => ({ code, text: code, skill: null, held: null, needed: null, reason: null, left_ms: null, ...extra });
const DEMO_START = now();

function decision(w, chosen) {
  const [a, b, c] = [chosen, chosen + 1, 4].map((i) => w.people[i].id);
  return { score: 72_000, ring: chosen ? 0 : 1, rule: 'longest_idle', candidates: [{ agent: a, figure: 72_000 }, { agent: b, figure: 41_000 }], passed_over: [{ agent: c, ...out('skill', { skill: 'german', held: 2, needed: 3 }) }, { agent: w.people[5].id, ...out('cooling_down', { left_ms: 8_000 }) }] };
}

/** Why the n-th waiting contact waits: the first rings, the second waits for skills, the third for its own agent, the fourth is gone. */
export function why(w, id) {
  const n = Number(id.slice(1));
  const someone = (i) => ({ id: w.people[i % w.people.length].id, name: w.people[i % w.people.length].name });
  const left = (ms) => Math.max(0, ms - ((now() - DEMO_START) % ms));
  const no = (i, excluded) => ({ agent: someone(i), eligible: false, rank: null, figure: null, excluded });
  const yes = (i, rank, figure) => ({ agent: someone(i), eligible: true, rank, figure, excluded: null });
  const offered = (i, at, result) => ({ at: now() - at, offer: `o${at}`, agent: someone(i), queue: named(w.queues[0]), result, line: w.why, why: null });
  const busy = [no(2, out('no_capacity')), no(3, out('wrap_up')), no(4, out('reserved'))];
  const rest = [no(5, out('not_ready', { reason: 'lunch' }))];
  const skills = [no(0, out('skill', { skill: 'german', held: 2, needed: 3 })), no(1, out('skill', { skill: 'german', held: 0, needed: 3 }))];
  const agents = n === 0 ? [yes(0, 1, 132_000), yes(1, 2, 41_000), ...busy, ...rest] : n === 2 ? [yes(0, 1, 132_000), no(1, out('sticky_window', { left_ms: left(20_000) })), ...busy, ...rest] : [...busy, no(1, out('cooling_down', { left_ms: left(8_000) })), no(0, out('member_delay', { left_ms: left(60_000) })), ...skills.slice(0, 0), ...rest, no(1, skills[1].excluded), no(0, skills[0].excluded)];
  const seen = new Set();
  const waiting = n === 3 ? null : { queue: named(w.queues[2]), position: n + 1, score: 222_500 - n * 29_000, ring: n === 1 ? 1 : 0, need: [{ skill: 'billing', level: 1 }, { skill: 'german', level: 3 }], next_change_at: n === 1 ? now() + left(15_000) : n === 2 ? now() + left(20_000) : null, rule: 'longest_idle', expected_wait: { mean_ms: 95_000, p90_ms: 190_000 }, told_wait: { at: now() - 193_000, mean_ms: 260_000, p90_ms: 480_000 }, agents: agents.filter((v) => !seen.has(v.agent.id) && seen.add(v.agent.id)) };
  return { contact: id, at: now(), waiting, decisions: n === 0 ? [offered(1, 90_000, 'no_answer'), offered(0, 4_000, null)] : n === 3 ? [offered(2, 60_000, 'declined'), offered(0, 9_000, 'answered')] : [] };
}

export function story(w) {
  const t0 = now() - 9 * MIN;
  const at = (s) => t0 + s * 1000;
  const rows = [[0, 'started', { ani: w.ani, dnis: '+493023125000', trunk: 'north-1', channel: 'voice', caller_name: '' }], [2, 'flow_started', { flow: 'main', language: 'en' }], [3, 'node_entered', { node: 'main_menu' }], [9, 'digits_collected', { node: 'main_menu', digits: '2' }], [12, 'customer_identified', { customer: 'c1' }], [41, 'queued', { queue: w.queues[0].id, priority: 10 }], [80, 'offered', { offer: 'o0', interaction: 'i0', agent: w.people[2].id, queue: w.queues[0].id, why: w.why, decision: decision(w, 2) }], [100, 'offer_ended', { offer: 'o0', interaction: 'i0', agent: w.people[2].id, result: 'no_answer' }], [113, 'offered', { offer: 'o1', interaction: 'i1', agent: 'li.wei', queue: w.queues[0].id, why: w.why, decision: decision(w, 0) }], [114, 'ringing', { offer: 'o1', agent: 'li.wei' }], [120, 'connected', { interaction: 'i1', agent: 'li.wei' }], [120, 'recording_started', { recording: 'rec1' }], [150, 'held', { interaction: 'i1' }], [160, 'resumed', { interaction: 'i1' }], [170, 'notes_saved', { interaction: 'i1', text: w.notes.slice(0, 60) }], [180, 'customer_left', { by: 'customer', cause: 'normal' }], [180, 'interaction_ended', { interaction: 'i1', agent: 'li.wei' }], [181, 'recording_finished', { recording: 'rec1', path: 'x.wav', duration_ms: 60_000, sha256: 'a3f1c09e77bb20', gap_ms: 0 }], [190, 'disposition_set', { interaction: 'i1', code: 'refund', by: 'agent' }], [197, 'wrap_up_ended', { interaction: 'i1', agent: 'li.wei' }], [197, 'closed', { outcome: 'answered', by: 'customer' }]];
  const contact = { ...w.handled[0], id: 'h0', customer: 'c1', customer_name: w.customer.name, ani: w.ani, started_at: at(0), ended_at: at(180), closed_at: at(197), talk_ms: 50_000, hold_ms: 10_000, wait_ms: 72_000, ring_ms: 7000, wrap_up_ms: 17_000 };
  return { contact, events: rows.map(([s, kind, fields], i) => ({ seq: i + 1, at: at(s), kind, fields })), interactions: [{ id: 'i1', agent: 'li.wei', queue: w.queues[0].id, offered_at: at(113), answered_at: at(120), ended_at: at(180), wrapped_up_at: at(197), result: 'answered', disposition: 'refund' }], recordings: [{ id: 'rec1', contact: 'h0', duration_ms: 60_000, channels: 2, sha256: 'a3f1', gap_ms: 0, state: 'complete' }], legs: [{ role: 'customer', agent: null, codec: 'PCMA', received: 8981, expected: 9000, lost: 19, lost_permille: 2, peer_lost: 4, jitter_mean_us: 3100, jitter_max_us: 9000, round_trip_us: 42_000, mos_hundredths: 432 }, { role: 'agent', agent: 'li.wei', codec: 'PCMU', received: 2990, expected: 3000, lost: 10, lost_permille: 3, peer_lost: 0, jitter_mean_us: 900, jitter_max_us: 4000, round_trip_us: null, mos_hundredths: 436 }] };
}

/** The story of a call back that succeeded at the second attempt. */
export function backStory(w) {
  const t0 = now() - 31 * MIN;
  const at = (s) => t0 + s * 1000;
  const rows = [[0, 'started', { ani: w.ani, dnis: w.ani, channel: 'callback', caller_name: '' }], [0, 'callback_requested', { queue: w.queues[0].id, number: w.ani, from: 'h0', age_ms: 412_000, priority: 0, requirement: null, language: 'en', at_us: null, agent: null }], [0, 'customer_identified', { customer: 'c1' }], [0, 'queued', { queue: w.queues[0].id, priority: 0 }], [300, 'offered', { offer: 'o1', interaction: 'i1', agent: 'li.wei', queue: w.queues[0].id, why: w.why, decision: decision(w, 0) }], [305, 'callback_dialled', { attempt: 1 }], [330, 'callback_missed', { attempt: 1, cause: 'no_answer', again_ms: 900_000 }], [1230, 'queued', { queue: w.queues[0].id, priority: 0 }], [1300, 'callback_suspended', {}], [1360, 'restored', {}], [1400, 'callback_dialled', { attempt: 2 }], [1409, 'connected', { interaction: 'i2', agent: 'li.wei' }], [1500, 'customer_left', { by: 'customer', cause: 'normal' }], [1520, 'closed', { outcome: 'answered', by: 'customer' }]];
  const first = story(w);
  return { ...first, contact: { ...first.contact, id: 'back', channel: 'callback', dnis: w.ani, started_at: at(0), ended_at: at(1500), closed_at: at(1520), path: [] }, recordings: [], legs: [], events: rows.map(([s, kind, fields], i) => ({ seq: i + 1, at: at(s), kind, fields })) };
}

/** The story of a message: the call in which it was left stands beside it. */
export function messageStory(w, id) {
  const first = story(w);
  const contact = w.messages.find((m) => m.id === id) ?? w.messages[1];
  const at = (s) => contact.started_at + s * 1000;
  const rows = [[0, 'started', { ani: contact.ani, dnis: '+493023125000', channel: 'voicemail', caller_name: '' }], [0, 'voicemail_requested', { queue: w.queues[0].id, from: 'h0', priority: 0, language: 'en' }], [0, 'recording_started', { recording: 'rec1' }], [0, 'customer_identified', { customer: 'c1' }], [60, 'recording_finished', { recording: 'rec1', path: 'x.wav', duration_ms: 60_000, sha256: 'a3f1c09e77bb20', gap_ms: 0 }], [60, 'queued', { queue: w.queues[0].id, priority: 0 }], [700, 'restored', {}], [720, 'queued', { queue: w.queues[0].id, priority: 0 }], [900, 'offered', { offer: 'o1', interaction: 'i1', agent: 'li.wei', queue: w.queues[0].id, why: w.why, decision: decision(w, 0) }], [906, 'connected', { interaction: 'i1', agent: 'li.wei' }], [1000, 'customer_left', { by: 'agent', cause: 'normal' }], [1020, 'closed', { outcome: 'answered', by: 'agent' }]];
  return { ...first, contact: { ...contact, notes: '' }, legs: [], events: rows.map(([s, kind, fields], i) => ({ seq: i + 1, at: at(s), kind, fields })) };
}

/** A minute of two made-up voices in turn, as a stereo WAV. */
export function wav() {
  const rate = 8000, n = rate * 60, data = Buffer.alloc(44 + n * 4);
  data.write('RIFF', 0); data.writeUInt32LE(36 + n * 4, 4); data.write('WAVEfmt ', 8); data.writeUInt32LE(16, 16); data.writeUInt16LE(1, 20); data.writeUInt16LE(2, 22); data.writeUInt32LE(rate, 24); data.writeUInt32LE(rate * 4, 28); data.writeUInt16LE(4, 32); data.writeUInt16LE(16, 34); data.write('data', 36); data.writeUInt32LE(n * 4, 40);
  for (let i = 0; i < n; i += 1) {
    const t = i / rate, turn = Math.floor(t / 4) % 2, gate = t % 4 < 3.2 && !(t > 30 && t < 40);
    const syllable = Math.max(0, Math.sin(t * 9)) * (0.5 + 0.5 * Math.sin(t * 2.3));
    const voice = gate ? Math.sin(t * 2 * Math.PI * (turn ? 180 : 120)) * syllable * 0.8 : 0;
    data.writeInt16LE(Math.round((turn ? 0 : voice) * 30000), 44 + i * 4);
    data.writeInt16LE(Math.round((turn ? voice : 0) * 30000), 46 + i * 4);
  }
  return data;
}
