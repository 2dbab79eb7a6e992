import classes from './Coverage.module.css';
import { type Grade, gradeWords } from './cover';

const grades: Grade[] = ['live', 'waiting', 'blind', 'none'];

export function Legend() {
  return (
    <ul className={`bare-list ${classes.legend}`} aria-label="Colours">
      {grades.map((g) => (
        <li key={g} className="small">
          <span className={`${classes.swatch} ${classes[g]}`} aria-hidden /> {gradeWords[g]}
        </li>
      ))}
    </ul>
  );
}
