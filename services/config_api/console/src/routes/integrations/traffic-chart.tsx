import type { Hour } from "../../services/traffic";
import "./traffic-chart.css";

const BAR = 3;
const GAP = 1;
const HEIGHT = 28;
/** A bar that stands for something is seen, however little it is. */
const LEAST = 2;

/** The hours of a day as small bars, what was refused on top. The numbers stand beside it, so readers skip it. */
export function TrafficChart({ hours }: { hours: readonly Hour[] }) {
  const most = Math.max(1, ...hours.map(({ written, rejects }) => written + rejects));
  const high = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * (HEIGHT - LEAST)));
  const width = hours.length * (BAR + GAP);
  return (
    <svg className="traffic" width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
      <line x1={0} x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className="traffic-ground" />
      {hours.map(({ written, rejects }, index) => {
        const x = index * (BAR + GAP);
        const below = high(written);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
          <g key={index}>
            <rect className="traffic-written" x={x} y={HEIGHT - below} width={BAR} height={below} rx={1} />
            <rect
              className="traffic-rejects"
              x={x}
              y={HEIGHT - below - high(rejects)}
              width={BAR}
              height={high(rejects)}
            />
          </g>
        );
      })}
    </svg>
  );
}
