import { memo } from 'react';
import { pieces } from './untrusted';

type Props = { text: string | undefined; mono?: boolean; lines?: boolean };

/** Text that others wrote: isolated, escaped, never a link. `lines` keeps line breaks as breaks. */
export const Untrusted = memo(function Untrusted({ text = '', mono, lines }: Props) {
  return (
    <bdi className={`untrusted${mono ? ' mono' : ''}${lines ? ' lines' : ''}`}>
      {pieces(text, lines).map((p, i) =>
        p.special ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity but their place
          <span key={i} className="ctl" title={p.name}>
            {p.text}
          </span>
        ) : (
          p.text
        ),
      )}
    </bdi>
  );
});
