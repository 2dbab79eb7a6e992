import { expect, test } from 'vitest';
import { newFilter, uuid, withNewId } from './templates';

test('an id is a random UUID', () => {
  expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid()).not.toBe(uuid());
});

test('a filter names its rule, and quotes what others wrote', () => {
  const yaml = newFilter('F', {
    id: 'R',
    title: "Somebody's: rule",
    logsource: { product: 'windows', category: '', service: 'security' },
    fields: ['Image'],
  });
  expect(yaml).toContain("title: 'Known and harmless: Somebody''s: rule'");
  expect(yaml).toContain('logsource:\n  product: windows\n  service: security\n');
  expect(yaml).toContain('    - R\n');
  expect(yaml).toContain("    Image: 'a value");
  expect(yaml).toContain('condition: not known');
});

test('a copy has its own id and title', () => {
  expect(withNewId("title: 'A: b'\nid: old\nlevel: low\n", 'new')).toBe(
    "title: 'A: b (ours)'\nid: new\nlevel: low\n",
  );
  expect(withNewId('title: A\nid: old\n', 'n')).toBe('title: A (ours)\nid: n\n');
});
