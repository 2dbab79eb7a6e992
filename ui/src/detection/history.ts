// Entries of the record about rules and packs, as sentences.

const words: Record<string, string> = {
  'rule.created': 'Made',
  'rule.changed': 'Changed',
  'rule.rolled_back': 'Rolled back',
  'rule.deleted': 'Deleted',
  'rule.disabled': 'Switched off',
  'rule.enabled': 'Switched on',
  'rule_pack.installed': 'Installed',
  'rule_pack.activated': 'Put in use',
  'rule_pack.rolled_back': 'Rolled back',
  'rule_pack.deactivated': 'Taken out of use',
  'rule_pack.removed': 'Version removed',
};

export function historyWords(kind: string): string {
  const known = words[kind];
  if (known) return known;
  const last = kind.split('.').at(-1) ?? kind;
  return (last[0]?.toUpperCase() ?? '') + last.slice(1).replaceAll('_', ' ');
}

export function historyDetail(data: Record<string, unknown> | null): string {
  if (!data) return '';
  const of = (name: string) => (data[name] === undefined || data[name] === '' ? '' : String(data[name]));
  const parts = [
    of('version') && `version ${of('version')}`,
    of('number') && `version ${of('number')}`,
    of('from') || of('to') ? `${of('from') || 'none'} → ${of('to') || 'none'}` : '',
    of('reason') || of('note'),
  ];
  return parts.filter(Boolean).join(' · ');
}
