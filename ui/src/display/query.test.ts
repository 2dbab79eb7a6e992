import { expect, test } from 'vitest';
import { aboutEntity, narrow, piped, quote, splitPipes, term } from './query';

test('a value is quoted unless it can only be itself', () => {
  const writes = (value: string, want: string) => expect(quote(value)).toBe(want);
  writes('alice', 'alice');
  writes('10.0.0.1', '10.0.0.1');
  writes('svc-backup', 'svc-backup');
  writes('two words', '"two words"');
  writes('C:\\Windows', '"C:\\\\Windows"');
  writes('say "hi"', '"say \\"hi\\""');
  writes('web-*', '"web-*"');
  writes('and', '"and"');
  writes('-flag', '"-flag"');
  writes('/api/v1', '"/api/v1"');
  writes('2001:db8::1', '"2001:db8::1"');
  writes('', '""');
});

test('a term names its field', () => {
  expect(term('src.ip', '203.0.113.9')).toBe('src.ip:203.0.113.9');
  expect(term('Event Data', 'x')).toBe('"Event Data":x');
  expect(term('http.status', 500)).toBe('http.status:500');
});

test('narrowing keeps what the query meant', () => {
  const gives = (query: string, added: string, exclude: boolean, want: string) =>
    expect(narrow(query, added, exclude)).toBe(want);
  gives('', 'user:a', false, 'user:a');
  gives('*', 'user:a', true, 'not user:a');
  gives('failed', 'user:a', false, 'failed user:a');
  gives('a or b', 'user:a', false, '(a or b) user:a');
  gives('failed user:a', 'user:a', false, 'failed user:a');
});

test('a bar is a pipe unless it is quoted or within a regular expression', () => {
  const splits = (query: string, ...want: string[]) => {
    const { where, pipes } = splitPipes(query);
    expect([where, ...pipes]).toEqual(want);
  };
  splits('failed | top 10 user.name | head 3', 'failed', 'top 10 user.name', 'head 3');
  splits('', '');
  splits('| count', '', 'count');
  splits('"a | b" | count', '"a | b"', 'count');
  splits('"a \\" | b" | count', '"a \\" | b"', 'count');
  splits('url.path:/a|b/ | count', 'url.path:/a|b/', 'count');
  splits('(/a|b/ or c) | count', '(/a|b/ or c)', 'count');
  splits('path:/usr/bin | count', 'path:/usr/bin', 'count');
  splits('a/b|count', 'a/b', 'count');
  splits('failed |', 'failed');
});

test('narrowing goes into the condition, before the pipes', () => {
  expect(narrow('failed | top 10 user.name', 'user.name:a')).toBe('failed user.name:a | top 10 user.name');
  expect(narrow('a or b | count', 'c', true)).toBe('(a or b) not c | count');
  expect(narrow('* | count by x', 'c')).toBe('c | count by x');
  expect(narrow('| count', 'c')).toBe('c | count');
  expect(piped('a | count', 'top 10 x')).toBe('a | top 10 x');
  expect(piped('', 'count')).toBe('* | count');
});

test('an entity is looked for in every part that it can play', () => {
  expect(aboutEntity('ip', '10.0.0.1')).toBe('src.ip:10.0.0.1 or dst.ip:10.0.0.1');
  expect(aboutEntity('', 'some text')).toBe('"some text"');
});
