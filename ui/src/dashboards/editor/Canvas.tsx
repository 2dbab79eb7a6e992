import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import type { DashPanel } from '../../api/dashboards';
import { Untrusted } from '../../display/Untrusted';
import classes from '../Dashboards.module.css';
import { bottom, gridColumns, isArrow, movedTo, resized, stepped, stretched } from '../layout';

type Props = {
  panels: DashPanel[];
  set: (panels: DashPanel[]) => void;
  on: string;
  choose: (id: string) => void;
};

const rowHeight = 32;
type Held = { id: string; what: 'move' | 'size'; x: number; y: number; from: DashPanel };

/** Panels as they stand; each is moved by its name and sized by its corner, by pointer or by arrows. */
export function Canvas({ panels, set, on, choose }: Props) {
  const { ref, width } = useElementSize();
  const [held, setHeld] = useState<Held | null>(null);
  const before = useRef<DashPanel[]>([]);
  const column = width / gridColumns || 1;

  const take = (p: DashPanel, what: Held['what']) => (e: PointerEvent<HTMLButtonElement>) => {
    if (e.button !== 0) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    before.current = panels;
    setHeld({ id: p.id, what, x: e.clientX, y: e.clientY, from: p });
    choose(p.id);
  };
  const drag = (e: PointerEvent<HTMLButtonElement>) => {
    if (!held) return;
    const dx = Math.round((e.clientX - held.x) / column);
    const dy = Math.round((e.clientY - held.y) / rowHeight);
    const { from, id } = held;
    // Always from where it began, so that going back undoes what was pushed aside.
    set(
      held.what === 'move'
        ? movedTo(before.current, id, from.x + dx, from.y + dy)
        : resized(before.current, id, from.w + dx, from.h + dy),
    );
  };
  const drop = () => setHeld(null);
  const press = (p: DashPanel, what: Held['what']) => (e: KeyboardEvent) => {
    if (!isArrow(e.key)) return;
    e.preventDefault();
    e.stopPropagation();
    set(what === 'size' || e.shiftKey ? stretched(panels, p.id, e.key) : stepped(panels, p.id, e.key));
  };

  return (
    <section
      ref={ref}
      className={classes.canvas}
      style={{ height: Math.max(10, bottom(panels) + 2) * rowHeight }}
      aria-label="Panels. Arrows move the focused one, Shift and arrows size it"
    >
      {panels.map((p) => (
        <div
          key={p.id}
          className={classes.piece}
          data-on={on === p.id || undefined}
          data-held={held?.id === p.id || undefined}
          style={{
            left: `${(100 * p.x) / gridColumns}%`,
            width: `${(100 * p.w) / gridColumns}%`,
            top: p.y * rowHeight,
            height: p.h * rowHeight,
          }}
        >
          <div>
            <button
              type="button"
              className={classes.grab}
              aria-pressed={on === p.id}
              aria-label={`${p.title || 'Untitled'}: column ${p.x + 1}, ${p.w} wide, ${p.h} high`}
              onClick={() => choose(p.id)}
              onPointerDown={take(p, 'move')}
              onPointerMove={drag}
              onPointerUp={drop}
              onPointerCancel={drop}
              onKeyDown={press(p, 'move')}
            >
              <span aria-hidden>⠿</span>
              <span className="cut">
                <Untrusted text={p.title || 'Untitled'} />
              </span>
            </button>
            <span className="dim small">{p.kind}</span>
            {p.kind !== 'text' && (
              <code className="dim cut">
                <Untrusted text={p.q || '*'} />
              </code>
            )}
            <button
              type="button"
              className={classes.corner}
              aria-label={`Size of ${p.title || 'Untitled'}`}
              onPointerDown={take(p, 'size')}
              onPointerMove={drag}
              onPointerUp={drop}
              onPointerCancel={drop}
              onKeyDown={press(p, 'size')}
            />
          </div>
        </div>
      ))}
    </section>
  );
}
