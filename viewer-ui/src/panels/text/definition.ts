import type { PanelDefinition } from '../definition';
import { TEXT_OPTIONS, type TextOptions } from './model';
import { TextView } from './view';

export const text: PanelDefinition<TextOptions> = {
  kind: 'text',
  view: TextView,
  options: TEXT_OPTIONS,
  fieldOptions: {},
  withoutData: true,
};
