import { type FieldDisplay, formattedValueToString, type PanelProps, type VizOrientation } from '@grafana/data';
import { calculateFontSize, useTheme2, VizRepeater } from '@grafana/ui';
import { arcPath } from '../parts/arc';
import { useFieldValues } from '../parts/values';
import { GAUGE_OPTIONS, type GaugeOptions } from './model';
import { angleOf, type Dial, fitDial, HALF_TURN, type Scale, toBands } from './transform';
import { ThresholdLabels, ThresholdRing } from './Thresholds';

const TITLE_HEIGHT = 22;
const TITLE_SIZE = 14;

/** A dial per value. */
export function GaugeView(props: PanelProps<GaugeOptions>) {
  const { options, width, height } = props;
  const getValues = useFieldValues(props);
  const sizes = options.sizing === 'manual' ? options : GAUGE_OPTIONS;
  return (
    <VizRepeater<FieldDisplay>
      getValues={getValues}
      renderValue={({ value, width, height, count }) => <Gauge value={value} width={width} height={height} isTitled={count > 1} options={options} />}
      source={props.data}
      width={width}
      height={height}
      minVizWidth={sizes.minVizWidth}
      minVizHeight={sizes.minVizHeight}
      itemSpacing={8}
      autoGrid
      orientation={options.orientation as VizOrientation}
      renderCounter={props.renderCounter}
    />
  );
}

interface GaugeProps {
  value: FieldDisplay;
  width: number;
  height: number;
  isTitled: boolean;
  options: GaugeOptions;
}

function Gauge({ value, width, height, isTitled, options }: GaugeProps) {
  const theme = useTheme2();
  const dial = fitDial(width, height - (isTitled ? TITLE_HEIGHT : 0));
  const scale = { min: value.field.min ?? 0, max: value.field.max ?? 100 };
  const bands = toBands(value.field.thresholds, scale);
  return (
    <svg width={width} height={height} role="img" aria-label={`${value.display.title ?? ''} ${formattedValueToString(value.display)}`.trim()}>
      <Needle value={value} dial={dial} scale={scale} />
      {options.showThresholdMarkers && <ThresholdRing bands={bands} dial={dial} />}
      {options.showThresholdLabels && <ThresholdLabels bands={bands} dial={dial} field={value.field} />}
      <ValueText value={value} dial={dial} size={options.text?.valueSize} />
      {isTitled && (
        <text x={width / 2} y={height - 6} textAnchor="middle" fontSize={options.text?.titleSize ?? TITLE_SIZE} fill={theme.colors.text.primary}>
          {value.display.title}
        </text>
      )}
    </svg>
  );
}

/** The filled part of the dial and the empty one behind it. */
function Needle({ value, dial, scale }: { value: FieldDisplay; dial: Dial; scale: Scale }) {
  const theme = useTheme2();
  const ring = { center: dial.center, inner: dial.radius * 0.69, outer: dial.radius * 0.94, from: -HALF_TURN };
  const to = angleOf(value.display.numeric, scale);
  return (
    <>
      <path d={arcPath({ ...ring, to: HALF_TURN })} fill={theme.colors.background.secondary} />
      {to > -HALF_TURN && <path d={arcPath({ ...ring, to })} fill={value.display.color} />}
    </>
  );
}

function ValueText({ value, dial, size }: { value: FieldDisplay; dial: Dial; size?: number }) {
  const text = formattedValueToString(value.display);
  const fontSize = size ?? Math.min(dial.radius * 0.36, calculateFontSize(text, dial.radius * 1.2, dial.radius * 0.5, 1, undefined, 500));
  return (
    // Below the centre, where the opening of the dial leaves room.
    <text x={dial.center.x} y={dial.center.y + dial.radius * 0.12} dominantBaseline="middle" textAnchor="middle" fontSize={fontSize} fontWeight={500} fill={value.display.color}>
      {text}
    </text>
  );
}
