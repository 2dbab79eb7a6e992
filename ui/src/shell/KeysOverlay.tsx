import { Modal, Switch } from '@mantine/core';
import { useState } from 'react';
import classes from './Shell.module.css';
import { keysOn, setKeysOn, useBindings } from './useKeys';

const shown = (keys: string): string[] =>
  keys.split(' ').map((k) => (k.startsWith('Arrow') ? (k === 'ArrowDown' ? '↓' : '↑') : k));

export function KeysOverlay({ opened, close }: { opened: boolean; close: () => void }) {
  const bindings = useBindings();
  const [on, setOn] = useState(keysOn);
  const groups = [...new Set(bindings.map((b) => b.group))].map(
    (group) => [group, bindings.filter((b) => b.group === group)] as const,
  );
  return (
    <Modal opened={opened} onClose={close} title="Keys" size="xl">
      <div className="stack">
        <div className={classes.keys}>
          <section>
            <h3>Always</h3>
            <ul className="bare-list">
              <li>
                Go to or run anything
                <span>
                  <kbd>Ctrl</kbd> <kbd>K</kbd>
                </span>
              </li>
              <li>
                Close what is on top
                <kbd>Esc</kbd>
              </li>
            </ul>
          </section>
          {groups.reverse().map(([group, list]) => (
            <section key={group}>
              <h3>{group}</h3>
              <ul className="bare-list">
                {list.map((b) => (
                  <li key={b.keys}>
                    {b.label}
                    <span className="nowrap">
                      {shown(b.keys).map((k) => (
                        <kbd key={k}>{k}</kbd>
                      ))}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
        <Switch
          label="Single keys are on"
          description="Switch them off if a key is pressed by accident, or by speech input. Ctrl K stays."
          checked={on}
          onChange={(e) => {
            setKeysOn(e.currentTarget.checked);
            setOn(e.currentTarget.checked);
          }}
        />
      </div>
    </Modal>
  );
}
