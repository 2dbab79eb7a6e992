import { ActionIcon, Popover, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { IconHelp } from '../icons';
import { pipeSyntax, syntax } from './examples';
import classes from './Search.module.css';

/** How a query is written, on one page. */
export function Syntax() {
  const [opened, setOpened] = useState(false);
  const label = 'How to write a query';
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      shadow="md"
      position="bottom-end"
      width={520}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <ActionIcon
            variant="default"
            size={36}
            aria-label={label}
            aria-expanded={opened}
            onClick={() => setOpened(!opened)}
          >
            <IconHelp size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={classes.syntax} tabIndex={0} aria-label={label}>
        <Lines of={syntax} />
        <p className="dim small">
          Terms side by side must all hold; <code>or</code> binds more loosely, parentheses group. What
          follows a bar makes a table of what was found:
        </p>
        <Lines of={pipeSyntax} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Lines({ of }: { of: [string, string][] }) {
  return (
    <dl className={`facts ${classes.help}`}>
      {of.map(([example, says]) => (
        <div key={example} style={{ display: 'contents' }}>
          <dt>{example}</dt>
          <dd>{says}</dd>
        </div>
      ))}
    </dl>
  );
}
