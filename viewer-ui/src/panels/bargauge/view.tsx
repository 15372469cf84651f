import { type DisplayValueAlignmentFactors, type FieldDisplay, getDisplayValueAlignmentFactors, type PanelProps } from '@grafana/data';
import { BarGaugeSizing } from '@grafana/schema';
import { BarGauge, useTheme2, VizRepeater, type VizRepeaterRenderValueProps } from '@grafana/ui';
import { useFieldValues } from '../parts/values';
import { BAR_GAUGE_OPTIONS, type BarGaugeOptions } from './model';
import { orientationFor, spacingFor } from './transform';

type BarProps = VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>;

/** One bar per value, coloured by thresholds, gradient or cells. */
export function BarGaugeView(props: PanelProps<BarGaugeOptions>) {
  const { options, width, height } = props;
  const getValues = useFieldValues(props);
  const sizes = options.sizing === BarGaugeSizing.Manual ? options : BAR_GAUGE_OPTIONS;
  return (
    <div style={{ width, height, overflow: 'hidden auto' }}>
      <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
        getValues={getValues}
        getAlignmentFactors={getDisplayValueAlignmentFactors}
        renderValue={(bar) => <Bar {...bar} options={options} />}
        source={props.data}
        width={width}
        height={height}
        minVizWidth={sizes.minVizWidth}
        minVizHeight={sizes.minVizHeight}
        maxVizHeight={sizes.maxVizHeight}
        itemSpacing={spacingFor(options.displayMode)}
        orientation={orientationFor(options.orientation, width, height)}
        renderCounter={props.renderCounter}
      />
    </div>
  );
}

function Bar({ value, width, height, orientation, alignmentFactors, options }: BarProps & { options: BarGaugeOptions }) {
  const theme = useTheme2();
  return (
    <BarGauge
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
      alignmentFactors={alignmentFactors}
      orientation={orientation}
      displayMode={options.displayMode}
      valueDisplayMode={options.valueMode}
      namePlacement={options.namePlacement}
      showUnfilled={options.showUnfilled}
      text={options.text}
      itemSpacing={spacingFor(options.displayMode)}
      lcdCellWidth={12}
      width={width}
      height={height}
      theme={theme}
    />
  );
}
