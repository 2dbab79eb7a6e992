// Writing the search language: values from events become terms of a query.

const plain = /^[\p{L}\p{N}._@+/-]+$/u;
const keyword = /^(and|or|not|to)$/i;

/** A value as a term: quoted unless it cannot be taken for anything else. */
export function quote(value: string): string {
  if (plain.test(value) && !keyword.test(value) && !value.startsWith('-') && !value.startsWith('/'))
    return value;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

export function fieldName(name: string): string {
  return plain.test(name) && !keyword.test(name) && !name.startsWith('-') ? name : quote(name);
}

export const term = (field: string, value: string | number): string =>
  `${fieldName(field)}:${quote(String(value))}`;

/**
 * The condition of a query and its pipes, each without the bar. A bar within quotes or a regular
 * expression (which follows a colon or stands at a term's begin) is no pipe.
 */
export function splitPipes(query: string): { where: string; pipes: string[] } {
  const parts: string[] = [];
  let from = 0;
  let within = '';
  for (let i = 0; i < query.length; i++) {
    const ch = query[i] ?? '';
    if (within) {
      if (ch === '\\') i++;
      else if (ch === within) within = '';
    } else if (ch === '"') within = '"';
    else if (ch === '/' && /(^|[\s:(])$/.test(query.slice(0, i))) within = '/';
    else if (ch === '|') {
      parts.push(query.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(query.slice(from));
  const [where = '', ...pipes] = parts.map((p) => p.trim());
  return { where, pipes: pipes.filter(Boolean) };
}

export const joinPipes = (where: string, pipes: string[]): string =>
  [where || (pipes.length > 0 ? '*' : ''), ...pipes].join(' | ');

/** Adds a term to a query's condition, keeping the old query's meaning. */
export function narrow(query: string, added: string, exclude = false): string {
  const t = exclude ? `not ${added}` : added;
  const { where: old, pipes } = splitPipes(query);
  const both = () => (/\bor\b/i.test(old) ? `(${old}) ${t}` : `${old} ${t}`);
  if (!old || old === '*') return joinPipes(t, pipes);
  if (old === t || old.startsWith(`${t} `) || old.endsWith(` ${t}`)) return joinPipes(old, pipes);
  return joinPipes(both(), pipes);
}

/** The condition alone, with another pipe behind it. */
export const piped = (query: string, pipe: string): string => joinPipes(splitPipes(query).where, [pipe]);

const fieldOfEntity: Record<string, string[]> = {
  user: ['user.name', 'target_user.name'],
  host: ['host.name', 'src.host', 'dst.host'],
  ip: ['src.ip', 'dst.ip'],
  process: ['process.name'],
  file: ['file.path'],
  hash: ['file.hash'],
  domain: ['domain'],
  service: ['service.name'],
};

/** A query for every event that names the thing, in whatever part. */
export function aboutEntity(kind: string, value: string): string {
  const fields = fieldOfEntity[kind];
  return fields ? fields.map((f) => term(f, value)).join(' or ') : quote(value);
}
