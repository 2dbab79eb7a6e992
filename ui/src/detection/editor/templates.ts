// What a new rule or filter begins as.
import type { Logsource } from '../../api/detection';

/** A random UUID, version 4. randomUUID does not exist on plain http. */
export function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

export const newRule = (id: string, today: string): string => `title: What it finds, in a few words
id: ${id}
status: experimental
description: What happens, and why that matters.
date: ${today}
tags: [attack.t1110]
logsource:
  product: linux
  service: sshd
detection:
  failed:
    message|contains: 'Failed password'
  root:
    user.name: root
  condition: failed and root
falsepositives:
  - Somebody who forgot a password
level: medium
`;

const quoted = (s: string): string => `'${s.replaceAll("'", "''")}'`;

/** A filter for one rule: what the selection names is held back. */
export function newFilter(
  id: string,
  rule: { id: string; title: string; logsource: Logsource; fields: string[] },
): string {
  const source = Object.entries(rule.logsource)
    .filter(([, v]) => v)
    .map(([k, v]) => `  ${k}: ${v}`);
  return `${[
    `title: ${quoted(`Known and harmless: ${rule.title}`)}`,
    `id: ${id}`,
    source.length > 0 ? `logsource:\n${source.join('\n')}` : 'logsource: {}',
    'filter:',
    '  rules:',
    `    - ${rule.id}`,
    '  known:',
    `    ${rule.fields[0] ?? 'host.name'}: 'a value that is known and harmless'`,
    '  condition: not known',
  ].join('\n')}\n`;
}

/** A copy of a rule of somebody else's: under its own id it takes that one's place. */
export const withNewId = (yaml: string, id: string): string =>
  yaml.replace(/^id:.*$/m, `id: ${id}`).replace(/^title:\s*(.*)$/m, (_, t: string) => `title: ${copyOf(t)}`);

function copyOf(title: string): string {
  const m = /^(['"])(.*)\1\s*$/.exec(title);
  return m ? `${m[1]}${m[2]} (ours)${m[1]}` : `${title.trim()} (ours)`;
}
