import { Button, Checkbox, Drawer, SegmentedControl, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { toast } from '../../api/act';
import { create, upload } from '../../api/client';
import type { ChangedPack } from '../../api/detection';
import { sentence } from '../../api/problem';
import { bytes } from '../../display/words';
import classes from '../Detection.module.css';
import { afterChange, loadedText, warnOfReload } from '../reload';
import { DropZone } from './DropZone';

const most = 32 * 1024 * 1024;

type Props = { opened: boolean; close: () => void; names: string[] };

export function InstallDrawer({ opened, close, names }: Props) {
  return (
    <Drawer opened={opened} onClose={close} title="Install a pack">
      {opened && <Form close={close} names={names} />}
    </Drawer>
  );
}

function Form({ close, names }: Omit<Props, 'opened'>) {
  const client = useQueryClient();
  const go = useNavigate();
  const [from, setFrom] = useState('file');
  const [file, setFile] = useState<File | null>(null);
  const [url, setUrl] = useState('');
  const [sum, setSum] = useState('');
  const [text, setText] = useState({ name: '', version: '', author: '', license: '' });
  const [activate, setActivate] = useState(false);
  const [part, setPart] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef(() => {});
  const set = (name: keyof typeof text) => (e: { currentTarget: { value: string } }) => {
    const { value } = e.currentTarget;
    setText((t) => ({ ...t, [name]: value.trim() }));
  };
  const tooLarge = file !== null && file.size > most;
  const ready = from === 'file' ? file !== null && !tooLarge : /^https:\/\/.+/.test(url);
  const busy = part !== null;

  const send = async () => {
    setError(null);
    setPart(0);
    try {
      let answer: ChangedPack;
      if (from === 'file' && file) {
        const job = upload<ChangedPack>('/rule-packs', file, { ...text, activate }, setPart);
        stop.current = job.stop;
        answer = await job.done;
      } else {
        setPart(1);
        answer = await create<ChangedPack>('/rule-packs/fetch', {
          ...Object.fromEntries(Object.entries(text).filter(([, v]) => v)),
          url: url.trim(),
          ...(sum.trim() ? { sha256: sum.trim() } : {}),
          activate,
        });
      }
      for (const queryKey of afterChange) void client.invalidateQueries({ queryKey });
      toast(
        `${answer.pack.name} ${answer.version} is installed. ${activate ? loadedText(answer.reload) : ''}`,
      );
      warnOfReload(answer.reload);
      void go({
        to: '/detection/packs/$name',
        params: { name: answer.pack.name },
        search: { version: answer.version },
      });
    } catch (e) {
      if (!(e instanceof DOMException && e.name === 'AbortError')) setError(e);
    } finally {
      setPart(null);
    }
  };

  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready && !busy) void send();
      }}
    >
      <SegmentedControl
        className="choice"
        aria-label="From"
        data={[
          { value: 'file', label: 'A file' },
          { value: 'url', label: 'An address' },
        ]}
        value={from}
        onChange={setFrom}
      />
      {from === 'file' ? (
        <DropZone
          file={file}
          set={setFile}
          problem={tooLarge ? `Over ${bytes(most)}. Leave out what is no rule.` : ''}
        />
      ) : (
        <>
          <TextInput
            label="Address of the zip"
            description="https, on the public internet"
            placeholder="https://"
            value={url}
            onChange={(e) => setUrl(e.currentTarget.value)}
          />
          <TextInput
            label="SHA-256 that it must have"
            description="Nothing is installed when it has another"
            value={sum}
            onChange={(e) => setSum(e.currentTarget.value)}
          />
        </>
      )}
      <TextInput
        label="Name"
        description="Lower-case letters, digits, dashes; else what the pack's pack.json says"
        error={text.name && !/^[a-z0-9-]{1,63}$/.test(text.name) ? 'Lower-case letters, digits, dashes' : ''}
        value={text.name}
        onChange={set('name')}
      />
      {names.includes(text.name) && <p className="small">It becomes another version of {text.name}.</p>}
      <TextInput
        label="Version"
        description="Else pack.json's, else the first digits of its hash"
        value={text.version}
        onChange={set('version')}
      />
      <TextInput label="Author" value={text.author} onChange={set('author')} />
      <TextInput label="Licence" value={text.license} onChange={set('license')} />
      <Checkbox
        label="Put it in use at once"
        description="Else look first at what it changes"
        checked={activate}
        onChange={(e) => setActivate(e.currentTarget.checked)}
      />
      {busy && (
        <div role="status">
          <progress
            className={classes.progress}
            max={1}
            value={part === 1 ? undefined : part}
            aria-label="Upload"
          />
          <span className="small">
            {part === 1
              ? from === 'file'
                ? 'Sent. The rules are being read.'
                : 'Being fetched and read.'
              : `${Math.round(part * 100)} % sent`}
          </span>
        </div>
      )}
      {error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" disabled={!ready || busy}>
          Install
        </Button>
        <Button
          variant="default"
          onClick={() => {
            if (busy && from === 'file') stop.current();
            else close();
          }}
        >
          {busy && from === 'file' ? 'Stop' : 'Cancel'}
        </Button>
      </div>
    </form>
  );
}
