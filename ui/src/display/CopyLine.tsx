import { ActionIcon } from '@mantine/core';
import { useState } from 'react';
import { IconCheck, IconCopy } from '../icons';
import { copyText } from './copy';

/** A command or a secret, in one line that scrolls, with a button that copies it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = async () => {
    setCopied(await copyText(text));
    window.setTimeout(() => setCopied(null), 2500);
  };
  return (
    <div className="copyline">
      <section tabIndex={0} aria-label={label} className="copytext">
        <pre>{text}</pre>
      </section>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={copied ? 'Copied' : `Copy: ${label}`}
        onClick={() => void copy()}
      >
        {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
      <span className="visually-hidden" role="status">
        {copied === true
          ? 'Copied'
          : copied === false
            ? 'The browser refused; select the text and copy it'
            : ''}
      </span>
    </div>
  );
}
