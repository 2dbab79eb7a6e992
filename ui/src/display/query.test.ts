import { expect, test } from 'vitest';
import { aboutEntity, narrow, quote, term } from './query';

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

test('an entity is looked for in every part that it can play', () => {
  expect(aboutEntity('ip', '10.0.0.1')).toBe('src.ip:10.0.0.1 or dst.ip:10.0.0.1');
  expect(aboutEntity('', 'some text')).toBe('"some text"');
});
