import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { caseTimeline } from '../api/queries';
import type { CaseDetail, Note, TimelineItem } from '../api/types';
import { Panel } from '../display/Page';
import { Time } from '../display/Time';
import { utcDay } from '../display/time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import {
  IconBell,
  IconCheck,
  IconFlame,
  IconMail,
  IconNotes,
  IconPencil,
  IconPoint,
  IconScale,
  IconUser,
} from '../icons';
import { useCan } from '../session/session';
import classes from './CasePage.module.css';
import { NoteComposer, NoteText } from './Notes';

const lenses = ['all', 'response', 'communication'];

type Props = { detail: CaseDetail; lens: string; setLens: (lens: string) => void };

export function Timeline({ detail, lens, setLens }: Props) {
  const found = useQuery(caseTimeline(detail.case.id, lens));
  const can = useCan();
  return (
    <Panel
      id="timeline"
      title="Timeline"
      side={<SegmentedControl size="xs" aria-label="Lens" data={lenses} value={lens} onChange={setLens} />}
    >
      {can('cases.write') && <NoteComposer detail={detail} />}
      <Loaded query={found} lines={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing through this lens">
              <p>Every act on the case appears here by itself, from the record.</p>
            </Empty>
          ) : (
            <Lines items={items} notes={detail.notes} detail={detail} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function iconFor(kind: string) {
  const of: [RegExp, typeof IconPoint][] = [
    [/note/, IconNotes],
    [/classif|assess|confirm|decid/, IconScale],
    [/page|escalat|run/, IconBell],
    [/message|reply|report|inform/, IconMail],
    [/alert|opened|declar/, IconFlame],
    [/acknowledg|assign|owner/, IconUser],
    [/resolv|clos|done|review/, IconCheck],
    [/action|edit/, IconPencil],
  ];
  return of.find(([pattern]) => pattern.test(kind))?.[1] ?? IconPoint;
}

/** The note that an entry speaks of, so that its present text can be shown and edited in place. */
function noteOf(item: TimelineItem, notes: Note[]): Note | undefined {
  if (!item.kind.includes('note')) return undefined;
  const id = item.data?.note ?? item.data?.note_id ?? item.data?.id;
  return notes.find((n) => n.id === id);
}

function Lines({ items, notes, detail }: { items: TimelineItem[]; notes: Note[]; detail: CaseDetail }) {
  const shown = new Set<string>();
  // A note stands once, at its newest entry's place.
  const newestFirst = items.toReversed();
  let day = '';
  return (
    <ol className="bare-list">
      {newestFirst.map((item) => {
        const note = noteOf(item, notes);
        if (note && shown.has(note.id)) return null;
        if (note) shown.add(note.id);
        const Icon = iconFor(item.kind);
        const today = utcDay(item.at);
        const head = today !== day;
        day = today;
        return (
          <li key={item.seq}>
            {head && <div className={classes.day}>{today}</div>}
            <div className={classes.line}>
              <Time at={item.at} bare clock />
              <Icon size={15} aria-hidden />
              <div>
                <div>
                  <strong>{item.actor.name || 'Tocsin'}</strong>{' '}
                  {note ? <span className="dim">noted</span> : <Untrusted text={item.text} lines />}
                </div>
                {note && <NoteText note={note} detail={detail} />}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
