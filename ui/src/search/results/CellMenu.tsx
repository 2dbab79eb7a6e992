import { Menu, Portal } from '@mantine/core';
import { PivotItems } from '../../display/Pivot';

export type CellAt = { field: string; value: string; kind: string; from: HTMLElement };
type Props = { at: CellAt | null; close: () => void; narrow: (term: string, exclude: boolean) => void };

/** One menu for all cells: thousands of rows cannot each hold their own. */
export function CellMenu({ at, close, narrow }: Props) {
  if (!at) return null;
  const box = at.from.getBoundingClientRect();
  return (
    <Menu
      opened
      onChange={(opened) => {
        if (opened) return;
        close();
        at.from.focus({ preventScroll: true });
      }}
      shadow="md"
      width={260}
      position="bottom-start"
      withinPortal
    >
      <Portal>
        <Menu.Target>
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Menu of ${at.field}`}
            style={{
              position: 'fixed',
              opacity: 0,
              pointerEvents: 'none',
              left: box.left,
              top: box.top,
              width: Math.min(box.width, 200),
              height: box.height,
            }}
          />
        </Menu.Target>
      </Portal>
      <Menu.Dropdown>
        <PivotItems value={at.value} field={at.field} kind={at.kind} narrow={narrow} />
      </Menu.Dropdown>
    </Menu>
  );
}
