import type { PanelProps } from '@grafana/data';
import { SeriesVisibilityChangeMode, usePanelContext, VizLayout, VizLegend, type VizLegendItem } from '@grafana/ui';
import { type MouseEvent, useState } from 'react';
import { NoData } from '../parts/NoData';
import { hasValue, useFieldValues } from '../parts/values';
import type { PieOptions } from './model';
import { Pie } from './Pie';
import { legendTexts, type Slice, toSlices } from './transform';

/** Shares of a whole. */
export function PieView(props: PanelProps<PieOptions>) {
  const { options, width, height } = props;
  const values = useFieldValues(props)().filter(hasValue);
  const [active, setActive] = useState<string>();
  if (!values.length) return <NoData width={width} height={height} />;
  const slices = toSlices(values, options.sort);
  // The layout reads placement and width off the element it is given, so that element stands here.
  const { legend } = options;
  const legendArea = legend.showLegend ? (
    <VizLayout.Legend placement={legend.placement} width={legend.width}>
      <Legend slices={slices} options={options} onActive={setActive} />
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={width} height={height} legend={legendArea}>
      {(width, height) => <Pie slices={slices} width={width} height={height} pieType={options.pieType} labels={options.displayLabels} active={active} onActive={setActive} />}
    </VizLayout>
  );
}

interface LegendProps {
  slices: Slice[];
  options: PieOptions;
  onActive: (label?: string) => void;
}

function Legend({ slices, options: { legend }, onActive }: LegendProps) {
  const context = usePanelContext();
  const toggle = (item: VizLegendItem, event: MouseEvent) => {
    const mode = event.ctrlKey || event.metaKey || event.shiftKey ? SeriesVisibilityChangeMode.AppendToSelection : SeriesVisibilityChangeMode.ToggleSelection;
    context.onToggleSeriesVisibility?.(item.label, mode);
  };
  const items = slices.map((slice): VizLegendItem => ({
    label: slice.label,
    color: slice.color,
    yAxis: 1,
    disabled: slice.isHidden,
    getDisplayValues: () => legendTexts(slice, legend.values),
  }));
  return (
    <VizLegend
      items={items}
      placement={legend.placement}
      displayMode={legend.displayMode}
      onLabelClick={toggle}
      onLabelMouseOver={(item) => onActive(item.label)}
      onLabelMouseOut={() => onActive(undefined)}
    />
  );
}
