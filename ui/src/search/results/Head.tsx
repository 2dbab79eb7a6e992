import { useRef } from 'react';
import { Untrusted } from '../../display/Untrusted';
import { IconX } from '../../icons';
import { least, widest } from './cells';
import classes from './Results.module.css';

type Props = {
  cols: string[];
  width: (name: string) => number;
  setWidth: (name: string, to: number) => void;
  drop: (name: string) => void;
};

/** The names above the columns, each with a handle for its width. */
export function Head({ cols, width, setWidth, drop }: Props) {
  return (
    <div role="rowgroup" className={classes.head}>
      <div role="row" className={classes.headrow}>
        <span role="columnheader">
          <span className="visually-hidden">Chosen</span>
        </span>
        <span role="columnheader">
          <span className="cut">Time (UTC)</span>
          <Handle name="time" width={width('time')} set={setWidth} />
        </span>
        {cols.map((c) => (
          <span role="columnheader" key={c}>
            <span className="cut">
              <Untrusted text={c} />
            </span>
            <button
              type="button"
              className={classes.drop}
              aria-label={`Drop the column ${c}`}
              onClick={() => drop(c)}
            >
              <IconX size={12} aria-hidden />
            </button>
            <Handle name={c} width={width(c)} set={setWidth} />
          </span>
        ))}
        <span role="columnheader">Message</span>
      </div>
    </div>
  );
}

type HandleProps = { name: string; width: number; set: (name: string, to: number) => void };

function Handle({ name, width, set }: HandleProps) {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${name}`}
      aria-valuemin={least}
      aria-valuemax={widest}
      aria-valuenow={width}
      tabIndex={0}
      className={classes.handle}
      onPointerDown={(e) => {
        e.preventDefault();
        e.currentTarget.setPointerCapture(e.pointerId);
        start.current = { x: e.clientX, width };
      }}
      onPointerMove={(e) => {
        if (start.current) set(name, start.current.width + e.clientX - start.current.x);
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onKeyDown={(e) => {
        if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
        e.preventDefault();
        e.stopPropagation();
        set(name, width + (e.key === 'ArrowLeft' ? -10 : 10));
      }}
    />
  );
}
