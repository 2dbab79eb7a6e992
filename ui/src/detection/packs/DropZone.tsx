import { Button, FileButton } from '@mantine/core';
import { useState } from 'react';
import { bytes } from '../../display/words';
import { IconUpload } from '../../icons';
import classes from '../Detection.module.css';

type Props = { file: File | null; set: (file: File | null) => void; problem: string };

/** A zip, by choosing it or by dropping it here. */
export function DropZone({ file, set, problem }: Props) {
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same
    <div
      className={`${classes.drop} ${over ? classes.over : ''}`}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        set(e.dataTransfer.files[0] ?? null);
      }}
    >
      <div className="row">
        <FileButton onChange={set} accept=".zip,application/zip">
          {(props) => (
            <Button variant="default" leftSection={<IconUpload size={15} />} {...props}>
              Choose a zip
            </Button>
          )}
        </FileButton>
        <span className="small" role="status">
          {file ? `${file.name}, ${bytes(file.size)}` : 'or drop it here; 32 MB at most'}
        </span>
      </div>
      {problem && (
        <p className="notice notice-bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
