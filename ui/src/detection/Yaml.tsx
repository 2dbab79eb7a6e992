import { Button } from '@mantine/core';
import { toast } from '../api/act';
import { copyText } from '../display/copy';
import { Untrusted } from '../display/Untrusted';
import { IconCopy } from '../icons';
import classes from './Detection.module.css';

export function CopyYaml({ text }: { text: string }) {
  const copy = async () => {
    if (await copyText(text)) toast('Copied');
  };
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconCopy size={12} />}
      onClick={() => void copy()}
    >
      Copy
    </Button>
  );
}

/** A document as it was written, with its line numbers. */
export function Yaml({ text, label }: { text: string; label: string }) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <section className={classes.code} tabIndex={0} aria-label={label}>
      {lines.map((l, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <code key={i}>
          <Untrusted text={l} mono />
          {'\n'}
        </code>
      ))}
    </section>
  );
}
