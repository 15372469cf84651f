import { useTheme2 } from '@grafana/ui';
import { useId } from 'react';
import { arcPath, type Point, pointAt } from '../parts/arc';
import type { PieOptions, SliceText } from './model';
import { type Slice, sliceText } from './transform';

const MARGIN = 16;
const DONUT_HOLE = 0.38;
const LEAST_LABELLED_ANGLE = 0.25;

interface Props {
  slices: Slice[];
  width: number;
  height: number;
  pieType: PieOptions['pieType'];
  labels: SliceText[];
  /** Name of the slice that the pointer is on, here or in the legend. */
  active?: string;
  onActive: (label?: string) => void;
}

/** The pie itself. */
export function Pie({ slices, width, height, pieType, labels, active, onActive }: Props) {
  const theme = useTheme2();
  const id = useId();
  const radius = Math.max(4, Math.min(width, height) / 2 - MARGIN);
  const center = { x: width / 2, y: height / 2 };
  const inner = pieType === 'donut' ? radius * DONUT_HOLE : 0;
  const shown = slices.map((slice, index) => ({ slice, fill: `${id}-${index}` })).filter(({ slice }) => slice.to > slice.from);
  return (
    <svg width={width} height={height} role="img" aria-label={shown.map(({ slice }) => `${slice.label} ${slice.percent}`).join(', ')}>
      <defs>{shown.map(({ slice, fill }) => <Shade key={fill} id={fill} color={slice.color} center={center} radius={radius} />)}</defs>
      {shown.map(({ slice, fill }) => (
        <path
          key={slice.label}
          d={arcPath({ center, inner, outer: radius, from: slice.from, to: slice.to })}
          fill={`url(#${fill})`}
          stroke={theme.colors.background.primary}
          strokeWidth={shown.length > 1 ? 1.5 : 0}
          opacity={active === undefined || active === slice.label ? 1 : 0.4}
          onMouseEnter={() => onActive(slice.label)}
          onMouseLeave={() => onActive(undefined)}
        >
          <title>{`${slice.label}: ${slice.value} (${slice.percent})`}</title>
        </path>
      ))}
      {shown.map(({ slice }) => <Label key={slice.label} slice={slice} center={center} radius={(inner + radius) / 2} labels={labels} />)}
    </svg>
  );
}

/** Darker towards the middle, as Grafana shades its pies. */
function Shade({ id, color, center, radius }: { id: string; color: string; center: Point; radius: number }) {
  return (
    <radialGradient id={id} gradientUnits="userSpaceOnUse" cx={center.x} cy={center.y} r={radius}>
      <stop offset="0%" stopColor={`color-mix(in srgb, ${color} 75%, black)`} />
      <stop offset="100%" stopColor={color} />
    </radialGradient>
  );
}

function Label({ slice, center, radius, labels }: { slice: Slice; center: Point; radius: number; labels: SliceText[] }) {
  const theme = useTheme2();
  const lines = sliceText(slice, labels);
  // On a narrower slice the text would run into its neighbours.
  if (!lines.length || slice.to - slice.from < LEAST_LABELLED_ANGLE) return null;
  const { x, y } = pointAt(center, radius, (slice.from + slice.to) / 2);
  return (
    <text textAnchor="middle" fontSize={12} fill={theme.colors.getContrastText(slice.color)} pointerEvents="none">
      {lines.map((line, index) => (
        <tspan key={line} x={x} y={y + (index - (lines.length - 1) / 2) * 14 + 4}>
          {line}
        </tspan>
      ))}
    </text>
  );
}
