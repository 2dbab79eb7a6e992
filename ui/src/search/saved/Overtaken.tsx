import { Untrusted } from '../../display/Untrusted';
import { changedParts } from './draft';

/** Somebody was quicker: what they changed, while what was typed is kept. */
export function Overtaken({ before, now }: { before: object; now: object }) {
  const rows = changedParts(before, now);
  return (
    <div className="notice notice-bad" role="alert">
      <strong>Somebody changed this while you were writing.</strong> What you wrote is kept; look at what is
      new, then save again.
      {rows.length > 0 && (
        <table className="tbl">
          <thead>
            <tr>
              <th>What</th>
              <th>When you began</th>
              <th>Now</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.name}>
                <td>{r.name}</td>
                <td>
                  <Untrusted text={r.before.slice(0, 300)} />
                </td>
                <td>
                  <Untrusted text={r.now.slice(0, 300)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
