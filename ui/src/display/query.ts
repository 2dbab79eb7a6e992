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

/** Adds a term to a query, keeping the old query's meaning. */
export function narrow(query: string, added: string, exclude = false): string {
  const t = exclude ? `not ${added}` : added;
  const old = query.trim();
  if (!old || old === '*') return t;
  if (old === t || old.startsWith(`${t} `) || old.endsWith(` ${t}`)) return old;
  return /\bor\b/i.test(old) ? `(${old}) ${t}` : `${old} ${t}`;
}

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
