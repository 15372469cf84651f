import type { PanelProps } from '@grafana/data';
import { TooltipDisplayMode } from '@grafana/schema';
// TimeSeries is marked deprecated upstream without a public successor; only this file uses it.
import { TimeSeries, TooltipPlugin2 } from '@grafana/ui';
import { useMemo } from 'react';
import { CROSSHAIR_SCOPE, useCrosshairSync } from '../parts/crosshair';
import { NoData } from '../parts/NoData';
import { HoverMode } from '../parts/hover';
import type { TimeSeriesOptions } from './model';
import { TimeSeriesTooltip } from './Tooltip';
import { hasPointsIn, toGraphable } from './transform';

/** Lines, bars or points over time. */
export function TimeSeriesView({ data, options, width, height, timeRange, timeZone, onChangeTimeRange }: PanelProps<TimeSeriesOptions>) {
  const frames = useMemo(() => toGraphable(data.series), [data.series]);
  const syncMode = useCrosshairSync();
  if (!frames.length) return <NoData width={width} height={height} />;
  if (!hasPointsIn(frames, timeRange)) return <NoData width={width} height={height} message="Data outside time range" />;
  const mode = options.tooltip.mode;
  return (
    <TimeSeries frames={frames} structureRev={data.structureRev} timeRange={timeRange} timeZone={timeZone} width={width} height={height} legend={options.legend} options={options}>
      {(config, alignedFrame) =>
        mode !== TooltipDisplayMode.None && (
          <TooltipPlugin2
            config={config}
            hoverMode={mode === TooltipDisplayMode.Single ? HoverMode.nearestSeries : HoverMode.allSeries}
            queryZoom={onChangeTimeRange}
            clientZoom
            syncMode={syncMode}
            syncScope={CROSSHAIR_SCOPE}
            maxWidth={options.tooltip.maxWidth}
            render={(_plot, indices, seriesIndex, isPinned) => (
              <TimeSeriesTooltip frame={alignedFrame} indices={indices} seriesIndex={seriesIndex} options={options.tooltip} timeZone={timeZone} isPinned={isPinned} />
            )}
          />
        )
      }
    </TimeSeries>
  );
}
