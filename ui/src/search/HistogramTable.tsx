import type { Buckets } from '../api/search';
import { utc } from '../display/time';
import { number } from '../display/words';

/** The same counts in words and figures. */
export function HistogramTable({ data, zoom }: { data: Buckets; zoom?: (from: string, to: string) => void }) {
  return (
    <section
      className="scroll"
      style={{ maxHeight: 240, overflowY: 'auto' }}
      tabIndex={0}
      aria-label="Counts"
    >
      <table className="tbl">
        <thead>
          <tr>
            <th>From (UTC)</th>
            <th className="right">Events</th>
            <th className="right">Failures</th>
            {zoom && <th className="right">Window</th>}
          </tr>
        </thead>
        <tbody>
          {data.buckets
            .filter((b) => b.count > 0)
            .map((b) => (
              <tr key={b.start}>
                <td className="mono">{utc(b.start)}</td>
                <td className="right">{number(b.count)}</td>
                <td className="right">{number(b.failure)}</td>
                {zoom && (
                  <td className="right">
                    <button
                      type="button"
                      className="pivot"
                      onClick={() =>
                        zoom(b.start, new Date(Date.parse(b.start) + data.interval_ms).toISOString())
                      }
                    >
                      Zoom in<span className="visually-hidden"> to {utc(b.start)}</span>
                    </button>
                  </td>
                )}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
