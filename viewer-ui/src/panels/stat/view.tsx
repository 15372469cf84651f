import { type DisplayValueAlignmentFactors, type FieldDisplay, getDisplayValueAlignmentFactors, type PanelProps, type VizOrientation } from '@grafana/data';
import { BigValueGraphMode } from '@grafana/schema';
import { BigValue, useTheme2, VizRepeater, type VizRepeaterRenderValueProps } from '@grafana/ui';
import { useFieldValues } from '../parts/values';
import type { StatOptions } from './model';
import { sparklineOver, textModeFor } from './transform';

type TileProps = VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>;

/** One big value per series, on a tile of its own, with the series behind it. */
export function StatView(props: PanelProps<StatOptions>) {
  const { options, width, height } = props;
  const getValues = useFieldValues(props, { sparkline: options.graphMode !== BigValueGraphMode.None, percentChange: options.showPercentChange });
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={(tile) => <Tile {...tile} panel={props} />}
      source={props.data}
      width={width}
      height={height}
      itemSpacing={3}
      autoGrid
      orientation={options.orientation as VizOrientation}
      renderCounter={props.renderCounter}
    />
  );
}

function Tile({ value, width, height, alignmentFactors, count, panel }: TileProps & { panel: PanelProps<StatOptions> }) {
  const theme = useTheme2();
  const { options } = panel;
  return (
    <BigValue
      value={value.display}
      count={count}
      sparkline={sparklineOver(value, panel.timeRange)}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={textModeFor(options.textMode, count)}
      text={options.text}
      alignmentFactors={alignmentFactors}
      percentChangeColorMode={options.percentChangeColorMode}
      disableWideLayout={!options.wideLayout}
      width={width}
      height={height}
      theme={theme}
    />
  );
}
