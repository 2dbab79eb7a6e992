import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { article, articles } from '../api/queries';
import type { Article } from '../api/types';
import { Page } from '../display/Page';
import { Tag } from '../display/Tag';
import { Age, Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { typeName } from '../display/words';
import { IconBook, IconPencil, IconSearch } from '../icons';
import { useCan } from '../session/session';
import { useKeys } from '../shell/useKeys';
import { useList } from '../shell/useList';
import { ArticleForm } from './ArticleForm';
import classes from './Knowledge.module.css';

const route = getRouteApi('/signed-in/knowledge');

export function Knowledge() {
  const { q = '', article: chosen } = route.useSearch();
  const go = route.useNavigate();
  const [typed, setTyped] = useState(q);
  const box = useRef<HTMLInputElement>(null);
  const setQuery = useDebouncedCallback(
    (next: string) => void go({ search: (s) => ({ ...s, q: next || undefined }), replace: true }),
    250,
  );
  const found = useQuery({ ...articles(q), placeholderData: keepPreviousData });
  const items = found.data?.items ?? [];
  const show = (id: string) => void go({ search: (s) => ({ ...s, article: id }) });
  const list = useList(items, (a) => show(a.id));
  useKeys([{ keys: '/', label: 'Search the articles', group: 'Knowledge', run: () => box.current?.focus() }]);
  const shown = chosen ?? items[0]?.id;

  return (
    <Page
      title="Improve"
      sub="What we learnt: every solved case leaves an article, offered when something similar comes in"
    >
      <TextInput
        ref={box}
        aria-label="Search the articles"
        placeholder="Symptoms, a cause, a system"
        leftSection={<IconSearch size={15} />}
        value={typed}
        onChange={(e) => {
          setTyped(e.currentTarget.value);
          setQuery(e.currentTarget.value);
        }}
      />
      <Loaded query={found} lines={6}>
        {() =>
          items.length === 0 ? (
            <Empty
              icon={<IconBook size={30} aria-hidden />}
              title={q ? 'No article fits' : 'Nothing learnt yet'}
            >
              <p>
                {q
                  ? 'Try fewer words.'
                  : 'When a case is resolved, its symptoms, cause and solution become an article here.'}
              </p>
            </Empty>
          ) : (
            <div className={classes.split}>
              <ul className={`bare-list panel panel-tight ${classes.list}`}>
                {items.map((a, i) => (
                  <li key={a.id} ref={list.rowRef(i)}>
                    <button
                      type="button"
                      className={`${classes.item} ${a.id === shown ? classes.on : ''}`}
                      aria-current={a.id === shown || undefined}
                      data-at={i === list.at || undefined}
                      onClick={() => show(a.id)}
                    >
                      <strong>
                        <Untrusted text={a.title} />
                      </strong>
                      <span className="dim small">
                        {a.type && typeName(a.type)} · <Age at={a.updated} />
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
              {shown && <Reader key={shown} id={shown} />}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Reader({ id }: { id: string }) {
  const found = useQuery(article(id));
  const can = useCan();
  const [editing, setEditing] = useState(false);
  return (
    <article className="panel">
      <Loaded query={found} lines={8}>
        {(a) => (
          <div className="stack">
            <div className="row spread">
              <h2>
                <Untrusted text={a.title} />
              </h2>
              {can('knowledge.write') && (
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<IconPencil size={14} />}
                  onClick={() => setEditing(true)}
                >
                  Edit
                </Button>
              )}
            </div>
            <div className="row row-tight small">
              {a.type && <Tag>{typeName(a.type)}</Tag>}
              {a.case && (
                <Link to="/cases/$id" params={{ id: a.case.id }} className="mono">
                  {a.case.number}
                </Link>
              )}
              <span className="dim">
                changed <Time at={a.updated} />
              </span>
            </div>
            <Part title="Symptoms" text={a.symptoms} />
            <Part title="Cause" text={a.cause} />
            <Part title="Solution" text={a.solution} />
            <ArticleForm of={editing ? (a as Article) : null} close={() => setEditing(false)} />
          </div>
        )}
      </Loaded>
    </article>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <section>
      <h3>{title}</h3>
      {text ? <Untrusted text={text} lines /> : <p className="dim small">Not written down.</p>}
    </section>
  );
}
